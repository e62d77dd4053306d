"""The grammar of what one asks of a home: `status`, `cancel`, `rollback` and `runs`."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, command, verbs_of


def describe(commands: Commands[Parser]) -> None:
    """Add those of the deployment."""
    command(commands, "status", "status", "show_status", "what this home holds and does")
    command(commands, "cancel", "status", "cancel_run", "stop the run in progress and take back what it was doing")
    back = command(commands, "rollback", "status", "roll_back", "use an earlier generation of the environment again")
    back.add_argument("--to", type=int, metavar="GENERATION", help="its number (default: the last whole one before)")


def describe_runs(commands: Commands[Parser]) -> None:
    """Add `runs`."""
    verbs = verbs_of(
        commands.add_parser("runs", help="list the runs of this home, and delete what is not wanted any more")
    )
    command(verbs, "list", "runs", "list_runs", "the runs, the newest first")
    kept = command(
        verbs, "generations", "runs", "list_generations", "those that are kept, and what differs between two"
    )
    kept.add_argument("pair", nargs="*", type=int, metavar="N", help="two of them: the packages that differ")
    delete = command(verbs, "delete", "runs", "delete", "delete the files of a run, or a generation")
    which = delete.add_mutually_exclusive_group(required=True)
    which.add_argument("--run", metavar="ID", help="a run: its journal, plan and logs")
    which.add_argument("--generation", type=int, metavar="N", help="a generation that is not in use")
