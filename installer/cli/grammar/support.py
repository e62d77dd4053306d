"""The grammar of what one reaches for when something went wrong, and of `demo`."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, command, yes


def describe(commands: Commands[Parser]) -> None:
    """Add them."""
    doctor = command(
        commands, "doctor", "doctor", "examine_machine", "check this machine, and show what prevents a deployment"
    )
    doctor.add_argument("--machine", metavar="FILE", help="check the machine that this file describes")
    explained = command(commands, "explain", "explain", "explain_log", "explain the log of a failure, and what helps")
    explained.add_argument(
        "log", metavar="LOG|INCIDENT", nargs="?",
        help="a file, - for standard input, or an incident that `status` names (with --here alone: the newest one)",
    )  # fmt: skip
    explained.add_argument(
        "--here", action="store_true", help="the log is from this machine: use what is measured here as evidence"
    )
    ticket = command(commands, "ticket", "ticket", "serve", "pack the files of a run into one file for support")
    yes(ticket)
    ticket.add_argument("action", nargs="?", choices=("open",), help="open a ticket instead, and explain it again")
    ticket.add_argument("file", metavar="FILE", nargs="?", help="the ticket to open")
    ticket.add_argument("-o", "--output", metavar="FILE", help="the file to write (default: ticket-RUN.zip, here)")
    ticket.add_argument("--run", metavar="ID", help="the run (default: the newest)")
    ticket.add_argument("--text", action="store_true", help="print a short text for an issue tracker instead")
    replay = command(commands, "replay", "replay", "serve", "replay a run on the screen; changes nothing")
    replay.add_argument(
        "what", metavar="RUN|FILE", help="a run of this home, its folder or journal, a recording, or a ticket"
    )
    replay.add_argument("--speed", type=float, default=1.0, help="playback speed (default 1)")
    replay.add_argument(
        "--from", dest="begin", metavar="STAGE|failure", help="begin at this stage, or where the run failed"
    )
    demo = command(commands, "demo", "demo", "serve", "play recorded runs: a deployment, a failure, its repair")
    demo.add_argument("--speed", type=float, default=8.0, help="playback speed (default 8)")
