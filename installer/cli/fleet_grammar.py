"""The grammar of `fleet`. Knows no handler, and is loaded with the whole grammar."""

from __future__ import annotations

import argparse

Parser = argparse.ArgumentParser
_VERBS = (
    ("plan", "judge each host by its own facts; fetches nothing"),
    ("up", "deploy in waves: one host, a share of the rest, all; each proved, a failed one taken back as one"),
    ("status", "what each host holds and does"),
    ("prove", "ask each server for all that it promises"),
    ("rollback", "all hosts as they stood before the last `up`"),
    ("down", "stop the server of each host"),
)


def describe(commands: argparse._SubParsersAction[Parser]) -> Parser:
    """Add `fleet`: the file first, then what is to be done with its hosts."""
    text = "several machines over SSH with one recipe, in waves that are proved"
    fleet = commands.add_parser("fleet", help=text, description=text[0].upper() + text[1:] + ".")
    fleet.add_argument("file", metavar="FILE", help="the hosts, in YAML or JSON; - reads it from stdin")
    verbs = fleet.add_subparsers(title="what to do", metavar="VERB", dest="fleet_verb", required=True)
    for name, what in _VERBS:
        verb = verbs.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON on stdout")
        if name == "up":
            verb.add_argument("-y", "--yes", action="store_true", default=argparse.SUPPRESS, help="do not ask")
            verb.add_argument("--skip-refused", action="store_true", help="go on without hosts that cannot serve")
    return fleet
