"""What `--help` says beside the options: commands by the moment one needs them, stages, exit codes."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import NoReturn

from installer import __version__

_MOMENTS = {
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
exit codes: 0 done; 1 a stage failed and was taken back; 2 wrong usage or input; 3 a failure was foreseen, nothing
was changed; 4 (--strict) something is unknown; 5 another run holds this home; 6 taking back was not complete;
130 interrupted, taken back
"""


class Discreet(argparse.ArgumentParser):
    """Whoever gives a token or a whole file by mistake is not shown it again."""

    def error(self, message: str) -> NoReturn:
        from installer.core.secrets import redact

        plain = "".join(sign if sign.isprintable() else "?" for sign in redact(message))
        super().error(plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]} …")


class Parser(Discreet):
    """Lists the stages in its help; they are imported for that only."""

    def format_help(self) -> str:
        if self.prog != "deploy-tui":
            return super().format_help()
        from stages import STAGES

        commands = next(action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        listed, commands._choices_actions = commands._choices_actions, []
        numbered = "\n".join(f"  {stage.number:>2}  {stage.name:<13} {stage.summary}" for stage in STAGES)
        grouped = by_moment({one.dest: one.help or "" for one in listed})
        self.epilog = f"{grouped}\n\nstages:\n{numbered}\n\n{_EPILOG}"
        try:
            return super().format_help()
        finally:
            commands._choices_actions = listed


class Version(argparse.Action):
    """Unlike argparse's own, the words are printed as they are, and not laid out for a terminal first."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"deploy-tui {__version__}")  # noqa: T201
        parser.exit(0)


def by_moment(helps: Mapping[str, str]) -> str:
    """The commands of the command line, with what each is for, under the moment that it belongs to."""
    placed = {name for names in _MOMENTS.values() for name in names}
    rest = tuple(name for name in helps if name not in placed)
    sections = []
    for moment, names in {**_MOMENTS, _REST: rest}.items():
        rows = [*_OWN.get(moment, ()), *((name, helps[name]) for name in names if name in helps)]
        if rows:
            sections.append("\n".join((f"{moment}:", *(f"  {name:<13} {text}" for name, text in rows))))
    return "\n\n".join(sections)
