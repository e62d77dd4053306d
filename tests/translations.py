"""Brings the catalogues of `installer/locale/` up to what the code and the rows of the knowledge say.

`python -m tests.translations` writes the .po files anew (what is new stands there without a translation) and compiles
them; `python -m tests.translations LANGUAGE` begins one for another language. It translates nothing.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from installer.core.text.forms import JOINING
from installer.core.text.languages import DOMAIN, locales
from stages import STAGES
from tests import sentences

ROOT = Path(__file__).parents[1]
_CODE = ("installer", "stages")
_KNOWLEDGE = ROOT / "installer/knowledge"
_SAID = ("title", "cause", "fix", "text", "means")
"""The keys of a row whose text a person reads; with `fix_…`, the same for one engine."""
_RECIPES = ROOT / "recipes"
_SAID_OF_RECIPES = ("title", "description", "because", "skip")
"""The same of a recipe that is included."""
_SAID_OF_TABLES = {
    "drivers.yaml": ("cause", "fix"), "workarounds.yaml": ("because",), "providers.yaml": ("still",),
    "flags.yaml": ("why", "fix"), "needs.yaml": ("why",), "parameters.yaml": ("what", "why", "trade_off"),
    "parsers.yaml": ("what", "why"), "starts.yaml": ("part",), "programs.yaml": ("fix",),
}  # fmt: skip
"""The same of other tables, whose words stand in findings, on the screen and in derived recipes."""
_SPEAKING = (
    "installer/preflight", "installer/core", "installer/audit", "installer/shell", "installer/models",
    "installer/packages", "installer/knowledge", "installer/derive", "installer/fit", "installer/session",
    "installer/diagnostics", "installer/host", "installer/execution", "installer/disk", "installer/proofs",
    "installer/bundles", "installer/fleet", "installer/cli", "stages",
)  # fmt: skip
"""Whose finished sentences are translated where they are shown."""
_SILENT = frozenset({
    "installer/audit/simulation/solver.py", "installer/audit/simulation/stub_wheels.py",
    "installer/core/text/forms.py", "installer/derive/recipe_document.py", "installer/diagnostics/logs/event.py",
    "installer/diagnostics/logs/events.py",
    "installer/diagnostics/ticket/markdown.py", "installer/packages/index_listing.py", "installer/packages/pylock.py",
    "installer/cli/completion.py", "installer/packages/resolver_errors.py", "installer/session/recipe_reference.py",
    "installer/session/stage_reference.py", "installer/session/startup.py", "stages/container_files.py",
    "stages/scripts/make_stand_in.py", "stages/scripts/convert_gguf.py", "stages/scripts/compile_bytecode.py",
    "installer/session/exports/ranks.py", "installer/host/carrier/worker.py",
})  # fmt: skip
"""Except these: they write files that stay English, or hold words that other programs say."""


def template() -> Catalog:
    """Every sentence that can be translated, with the files that say it."""
    made = Catalog(domain=DOMAIN, project="deploy-tui", charset="utf-8", fuzzy=False)
    for message, place, comments in _messages():
        made.add(message, None, [(place, 1)], auto_comments=comments)
    return made


@cache
def _messages() -> list[tuple[Any, str, list[str]]]:
    return [*_of_code(), *_of_rows()]


def _of_code() -> Iterator[tuple[Any, str, list[str]]]:
    for file in (one for folder in _CODE for one in sorted((ROOT / folder).rglob("*.py"))):
        place = str(file.relative_to(ROOT))
        yield from ((message, place, []) for message in sentences.marked(file.read_text(encoding="utf-8")))
        if place.startswith(_SPEAKING) and place not in _SILENT:
            yield from ((sentence, place, []) for sentence in sentences.of_file(file))


def _of_rows() -> Iterator[tuple[Any, str, list[str]]]:
    yield from ((stage.title, "stages", []) for stage in STAGES)
    yield from ((word, "installer/core/text/forms.py", []) for word in JOINING)
    for file in (*sorted((_KNOWLEDGE / "symptoms").glob("*.yaml")), _KNOWLEDGE / "meanings.yaml"):
        place = str(file.relative_to(ROOT))
        yield from ((text, place, []) for text in _texts(yaml.safe_load(file.read_text(encoding="utf-8"))))

    others = [(file, _SAID_OF_RECIPES) for file in sorted(_RECIPES.glob("[!_]*.yaml"))]
    for file, said in (*others, *((_KNOWLEDGE / name, said) for name, said in _SAID_OF_TABLES.items())):
        texts = _texts(yaml.safe_load(file.read_text(encoding="utf-8")), said=said)
        yield from ((text.strip(), str(file.relative_to(ROOT)), []) for text in texts)


def _texts(tree: object, key: str = "", said: Sequence[str] = _SAID) -> Iterator[str]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from _texts(value, str(name), said)
    elif isinstance(tree, list):
        for value in tree:
            yield from _texts(value, key, said)
    elif isinstance(tree, str) and (key in said or key.startswith("fix_")) and tree.strip():
        yield tree


def catalogues() -> dict[str, Path]:
    """The .po file of each language."""
    return {file.parents[1].name: file for file in sorted(locales().glob(f"*/LC_MESSAGES/{DOMAIN}.po"))}


def read(file: Path, language: str) -> Catalog:
    """One language's catalogue."""
    with file.open("rb") as source:
        return read_po(source, locale=language, domain=DOMAIN)


def po(catalog: Catalog) -> bytes:
    """The text of a .po file: sorted, and without line numbers, so that a moved line changes nothing."""
    catalog.header_comment = f"# deploy-tui in {catalog.locale.english_name if catalog.locale else 'English'}."
    catalog.project, catalog.version = "deploy-tui", ""
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    out = io.BytesIO()
    write_po(out, catalog, width=120, sort_output=True, include_lineno=False, omit_header=False, ignore_obsolete=True)
    return out.getvalue()


def mo(catalog: Catalog) -> bytes:
    """The compiled form, which is what the program reads."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def update(language: str) -> int:
    """Bring one language up to date; how many sentences it lacks."""
    file = locales() / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = read(file, language) if file.exists() else Catalog(locale=language, domain=DOMAIN, fuzzy=False)
    kept.update(template(), no_fuzzy_matching=True, update_creation_date=False)
    file.write_bytes(po(kept))
    file.with_suffix(".mo").write_bytes(mo(kept))
    return sum(not (all(one.string) if isinstance(one.string, tuple) else one.string) for one in kept if one.id)


if __name__ == "__main__":
    for name in sys.argv[1:] or catalogues():
        sys.stdout.write(f"{name}: {update(name)} sentences are not translated\n")
