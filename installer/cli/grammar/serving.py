"""The grammar of those verbs of `server` that prove, measure and change a server that runs."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, command, deployment, yes


def describe(verbs: Commands[Parser]) -> None:
    """Add them."""
    prove = command(
        verbs, "prove", "prove", "prove", "ask it for all that its recipe promises, and say what came of it"
    )
    prove.add_argument("--strict", action="store_true", help="exit 4 where something could not be checked")
    _upgrade(
        command(verbs, "upgrade", "upgrade", "upgrade", "another release or recipe, kept only where it is not worse")
    )
    _tune(command(verbs, "tune", "tune", "tune", "try its settings for an aim, and serve the best from then on"))
    install = command(
        verbs, "install", "install", "serve", "have it started whenever the machine or the pod is started"
    )
    which = install.add_mutually_exclusive_group()
    which.add_argument("--print", action="store_true", help="print the unit, or the pod's line, and write nothing")
    which.add_argument("--remove", action="store_true", help="take that back")
    _connect(command(verbs, "connect", "connect", "connect", "settings for a client, and whether it fits the server"))


def _connect(connect: Parser) -> None:
    connect.add_argument("name", metavar="CLIENT", nargs="?", help="such as curl or opencode (default: list them)")
    connect.add_argument("--ssh", metavar="DEST", help='through a tunnel, such as "root@HOST -p 22022"')
    connect.add_argument("--port", type=int, metavar="N", help="with --ssh: the port on the client's side")
    connect.add_argument("--url", metavar="URL", help="the address by which the client reaches the server")
    connect.add_argument("--write", action="store_true", help="write the client's file; what was there is kept beside")
    yes(connect, "write it without asking")


def _upgrade(upgrade: Parser) -> None:
    deployment(upgrade)
    upgrade.add_argument("--to", metavar="RELEASE", help="another release of the recipe's engine")
    upgrade.add_argument(
        "--worse-by", metavar="PERCENT", type=float, default=5.0,
        help="by how much throughput may fall before it is taken back; times may rise by twice that (default 5)",
    )  # fmt: skip
    _load(upgrade, "1,8")


def _load(parser: Parser, widths: str) -> None:
    parser.add_argument("--concurrency", default=widths, help=f"requests at a time, one load each (default {widths})")
    parser.add_argument("--input-tokens", type=int, default=256, help="length of each prompt (default 256)")


def _tune(tune: Parser) -> None:
    tune.add_argument("--aim", choices=("throughput", "latency", "balanced"), default="balanced", help="what for")
    tune.add_argument("--slo", metavar="BOUNDS", help="what the service must keep, such as ttft=200ms,tpot=20ms")
    spent = tune.add_mutually_exclusive_group()
    spent.add_argument("--minutes", type=float, default=15.0, metavar="N", help="to search (default 15)")
    spent.add_argument("--budget", type=float, metavar="MONEY", help="to search, by the price of an hour")
    tune.add_argument("--price", type=float, metavar="MONEY", help="with --budget: what an hour costs")
    tune.add_argument("--fresh", action="store_true", help="measure again what earlier searches measured")
    tune.add_argument("--concurrency", help="requests at a time, one load each (default: by the aim)")
    tune.add_argument("--input-tokens", type=int, default=256, help="length of each prompt (default 256)")
