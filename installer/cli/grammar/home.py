"""The grammar of what one asks of a home: `status`, `cancel`, `rollback` and `runs`."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, command, verbs_of, yes


def describe(commands: Commands[Parser]) -> None:
    """Add those of the deployment."""
    command(commands, "status", "status", "show_status", "show what is deployed in this home, and its state")
    yes(command(commands, "cancel", "status", "cancel_run", "stop the current run and roll back its stage"))
    back = command(
        commands, "rollback", "status", "roll_back", "switch back to an earlier generation of the environment"
    )
    yes(back)
    back.add_argument("--to", type=int, metavar="GENERATION", help="its number (default: the last complete one before)")


def describe_runs(commands: Commands[Parser]) -> None:
    """Add `runs`."""
    verbs = verbs_of(commands.add_parser("runs", help="list and delete the runs and generations of this home"))
    command(verbs, "list", "runs", "list_runs", "list the runs, newest first")
    kept = command(
        verbs, "generations", "runs", "list_generations", "list the generations that are kept, or compare two"
    )
    kept.add_argument("pair", nargs="*", type=int, metavar="N", help="two generations: show the packages that differ")
    delete = command(verbs, "delete", "runs", "delete", "delete the files of a run, or a generation")
    yes(delete)
    which = delete.add_mutually_exclusive_group(required=True)
    which.add_argument("--run", metavar="ID", help="a run: its journal, plan and logs")
    which.add_argument("--generation", type=int, metavar="N", help="a generation that is not in use")
