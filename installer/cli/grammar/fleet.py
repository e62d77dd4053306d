"""The grammar of `fleet`."""

from __future__ import annotations

import argparse

from installer.cli.grammar.options import Commands, Parser, described, lazily, verbs_of, yes

_VERBS = (
    ("plan", "plan for each host, with its own facts; downloads nothing"),
    ("up", "deploy in waves: one host, a share of the rest, all; each wave is proved, and a failed one is rolled back"),
    ("status", "show what is deployed on each host, and its state"),
    ("prove", "test everything that each server promises"),
    ("rollback", "restore the state of all hosts before the last `up`"),
    ("down", "stop the server of each host"),
)


def describe(commands: Commands[Parser]) -> None:
    """Add it: the file first, then what is to be done with its hosts."""
    fleet = described(commands, "fleet", "deploy on several machines over SSH, in waves that are proved")
    fleet.set_defaults(handler=lazily("fleet", "fleet"))
    fleet.add_argument("file", metavar="FILE", help="the hosts, in YAML or JSON; - reads it from stdin")
    _hosts(fleet, None)
    verbs = verbs_of(fleet, "what to do", "VERB", "fleet_verb")
    verbs.required = False  # without one: the screen
    for name, what in _VERBS:
        verb = described(verbs, name, what)
        _hosts(verb, argparse.SUPPRESS)
        verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON on stdout")
        if name == "up":
            yes(verb, "do not ask for confirmation")
            verb.add_argument("--skip-refused", action="store_true", help="continue without hosts that cannot serve")
        elif name in ("rollback", "down"):
            yes(verb)


def _hosts(parser: Parser, default: str | None) -> None:
    """Before the verb or after it."""
    said = "the hosts, from another program's output; - reads stdin"
    parser.add_argument("--hosts", metavar="FILE", default=default, help=said)
