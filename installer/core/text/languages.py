"""The language that people are spoken to in: English, or a catalogue of gettext in `installer/locale/`.

It changes only what a person reads. Journals, recordings and `--json` stay English: programs and other people read
them. English costs nothing: without another language, gettext is not even imported. It is chosen before the screen is
imported (`cli.main`), so labels of classes and tables may be translated once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import GNUTranslations
    from pathlib import Path

    from installer.core.text.forms import Catalogue

DOMAIN = "deploy_tui"
ENGLISH = "en"
_ENGLISH = (ENGLISH, "c", "posix")
"""The locales in which nothing is translated."""
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""As gettext reads them, the first that is set decides."""
_current_language: list[GNUTranslations] = []
"""None, or one: a process speaks one language."""
_forms: list[Catalogue] = []
"""Those of that language, once a finished sentence was to be told in it."""


def locales() -> Path:
    """The folder of the catalogues. English needs none, so a start in English imports no `pathlib` for it."""
    from pathlib import Path

    return Path(__file__).parents[2] / "locale"


def known() -> tuple[str, ...]:
    """The languages that there are, by their two letters."""
    return (ENGLISH, *sorted(folder.parent.parent.name for folder in locales().glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))


def of_locale(environment: Mapping[str, str]) -> str:
    """The language of the environment's locale; English where there is no catalogue of it."""
    asked = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    for one in asked.split(":"):
        language = one.split("_")[0].split(".")[0].lower()
        if language in _ENGLISH or language in known():
            return ENGLISH if language in _ENGLISH else language
    return ENGLISH


def use_language(language: str) -> None:
    """From now on; `language` is one of `known()`."""
    _current_language.clear()
    _forms.clear()
    if language != ENGLISH:
        from gettext import translation

        _current_language.append(translation(DOMAIN, locales(), [language]))


def current_language() -> str:
    """The two letters of the one that is spoken."""
    return str(_current_language[0].info()["language"]) if _current_language else ENGLISH


def _(message: str) -> str:
    """`message` in the language that is spoken; values are put in afterwards: `_("Port {port}").format(port=1)`."""
    return _current_language[0].gettext(message) if _current_language and message else message


def ngettext(one: str, several: str, count: int) -> str:
    """The form of a sentence that belongs to `count`; languages have up to six."""
    return _current_language[0].ngettext(one, several, count) if _current_language else (one if count == 1 else several)


def translated(sentence: str) -> str:
    """A sentence that was finished in English (a finding, an error, an event), in the language that is spoken.

    For what is about to be shown, and for nothing else; `_` where the sentence is made to be shown.
    """
    if not _current_language or not sentence:
        return sentence
    if not _forms:
        from installer.core.text.forms import Catalogue, read

        file = locales() / current_language() / "LC_MESSAGES" / f"{DOMAIN}.mo"
        _forms.append(Catalogue(read(file), vars(_current_language[0])["plural"]))
    return _forms[0].translated(sentence)
