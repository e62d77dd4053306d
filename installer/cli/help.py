"""What `--help` says next to the options: commands by the moment one needs them, stages, exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from installer import __version__
from installer.core.text import languages
from installer.core.text.languages import _, translated

_GROUPS = {
    "before you pay": ("plan", "audit", "fit", "doctor", "recipes", "pod-command"),
    "deploy": ("status", "cancel", "rollback", "runs"),
    "serve": ("server", "bench", "check-client", "checklist"),
    "support": ("explain", "ticket", "replay"),
    "beyond this machine": ("bundle", "export", "fleet"),
}
_REST = "the rest"
"""A command that is not named above comes last."""
_OWN = {"deploy": (("--stage all", "all stages without a screen; without any word: the screen"),)}
"""What is no command of its own, and belongs there all the same."""


_LONGEST = 1000
"""Signs of a complaint about what was given."""
_EPILOG = """\
exit codes: 0 done; 1 a stage failed and was rolled back; 2 invalid usage or input; 3 a failure was predicted, nothing
was changed; 4 (--strict) something is unknown; 5 another run uses this home; 6 the rollback is incomplete;
130 interrupted and rolled back
"""


def _of_argparse() -> tuple[str, ...]:
    """What argparse says of a wrong line, so that the catalogues know it: `told` finds it again by its form."""
    return (
        _("argument {name}: {problem}"), _("the following arguments are required: {names}"),
        _("unrecognized arguments: {words}"), _("invalid choice: {value} (choose from {choices})"),
        _("invalid {kind} value: {value}"), _("expected one argument"), _("expected at least one argument"),
        _("expected at most one argument"), _("ignored explicit argument {value}"),
        _("not allowed with argument {name}"), _("one of the arguments {names} is required"),
        _("ambiguous option: {option} could match {matches}"),
    )  # fmt: skip


class Discreet(argparse.ArgumentParser):
    """A token or a whole file that was given by mistake is not repeated. Help is in the user's language."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **{"formatter_class": Formatter, **named})

    def error(self, message: str) -> NoReturn:
        from installer.core.secrets import redact

        set_language_early(sys.argv)
        plain = "".join(sign if sign.isprintable() else "?" for sign in redact(translated(message)))
        plain = plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]} …"
        self.print_usage(sys.stderr)
        self.exit(2, _("{prog}: error: {message}").format(prog=self.prog, message=plain) + "\n")

    def format_help(self) -> str:
        set_language_early(sys.argv)
        self.description = translated(self.description or "")
        own = {
            "options": _("options"), "positional arguments": _("positional arguments"), "verbs": _("verbs"),
            "commands": _("commands"),
            "show this help message and exit": _("show this help message and exit"),
        }  # fmt: skip
        for group in self._action_groups:
            group.title = own.get(group.title or "", translated(group.title or ""))
        for action in self._actions:
            for one in (action, *getattr(action, "_choices_actions", ())):
                one.help = (
                    one.help if one.help in (None, argparse.SUPPRESS) else own.get(one.help, translated(one.help))
                )
        return super().format_help()


class Parser(Discreet):
    """Lists the stages in its help; they are imported for that only."""

    def format_help(self) -> str:
        if self.prog != "deploy-tui":
            return super().format_help()
        from stages import STAGES

        set_language_early(sys.argv)

        commands = next(action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        listed, commands._choices_actions = commands._choices_actions, []
        numbered = "\n".join(f"  {stage.number:>2}  {stage.name:<13} {translated(stage.summary)}" for stage in STAGES)
        grouped = by_moment({one.dest: one.help or "" for one in listed})
        self.epilog = "\n\n".join((grouped, f"{_('stages')}:\n{numbered}", translated(_EPILOG)))
        try:
            return super().format_help()
        finally:
            commands._choices_actions = listed


def set_language_early(words: Sequence[str]) -> None:
    """In the language of these words or of the locale: help is printed before they are understood."""
    flat = [part for word in words for part in (word.split("=", 1) if word.startswith("--lang=") else [word])]
    asked = flat[flat.index("--lang") + 1 :][:1] if "--lang" in flat else []
    language = asked[0] if asked else languages.of_locale(os.environ)
    if language in languages.known():
        languages.use_language(language)


class Formatter(argparse.HelpFormatter):
    """As argparse lays it out, with its own word before the usage told."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, _("usage: ") if prefix is None else prefix)


class AsWritten(Formatter, argparse.RawDescriptionHelpFormatter):
    """The same, with its description as it is written."""


class Version(argparse.Action):
    """Unlike argparse's own, the words are printed as they are, and not laid out for a terminal first."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"deploy-tui {__version__}")  # noqa: T201
        parser.exit(0)


def by_moment(helps: Mapping[str, str]) -> str:
    """The commands of the command line, with what each is for, under the moment that it belongs to."""
    titles = {
        "before you pay": _("before you pay"), "deploy": _("deploy"), "serve": _("serve"), "support": _("support"),
        "beyond this machine": _("beyond this machine"), _REST: _("the rest"),
    }  # fmt: skip
    placed = {name for names in _GROUPS.values() for name in names}
    rest = tuple(name for name in helps if name not in placed)
    sections = []
    for moment, names in {**_GROUPS, _REST: rest}.items():
        rows = [*_OWN.get(moment, ()), *((name, helps[name]) for name in names if name in helps)]
        if rows:
            lines = (f"  {name:<13} {translated(text)}" for name, text in rows)
            sections.append("\n".join((f"{titles[moment]}:", *lines)))
    return "\n\n".join(sections)
