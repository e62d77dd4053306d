"""The grammar of those verbs of `server` that prove, measure and change a server that runs."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, command, deployment, yes


def describe(verbs: Commands[Parser]) -> None:
    """Add them."""
    prove = command(verbs, "prove", "prove", "prove", "test everything that its recipe promises")
    prove.add_argument("--strict", action="store_true", help="exit with status 4 if something could not be checked")
    _upgrade(
        command(
            verbs, "upgrade", "upgrade", "upgrade", "try another release or recipe, and keep it only if it is not worse"
        )
    )
    _tune(command(verbs, "tune", "tune", "tune", "search for its best settings, and serve with them"))
    install = command(verbs, "install", "install", "serve", "start it whenever the machine or the pod starts")
    yes(install)
    which = install.add_mutually_exclusive_group()
    which.add_argument("--print", action="store_true", help="print the unit, or the pod's line, and write nothing")
    which.add_argument("--remove", action="store_true", help="remove the unit again")
    _connect(command(verbs, "connect", "connect", "connect", "print the settings for a client, and check them"))


def _connect(connect: Parser) -> None:
    connect.add_argument("name", metavar="CLIENT", nargs="?", help="such as curl or opencode (default: list them)")
    connect.add_argument("--ssh", metavar="DEST", help='through a tunnel, such as "root@HOST -p 22022"')
    connect.add_argument("--port", type=int, metavar="N", help="with --ssh: the port on the client's side")
    connect.add_argument("--url", metavar="URL", help="the address by which the client reaches the server")
    connect.add_argument(
        "--write", action="store_true", help="write the client's file; an existing one is copied first"
    )
    yes(connect, "write it without asking")


def _upgrade(upgrade: Parser) -> None:
    deployment(upgrade)
    yes(upgrade)
    upgrade.add_argument("--to", metavar="RELEASE", help="another release of the recipe's engine")
    upgrade.add_argument(
        "--worse-by", metavar="PERCENT", type=float, default=5.0,
        help="how much throughput may fall before it is rolled back; times may rise by twice that (default 5)",
    )  # fmt: skip
    _load(upgrade, "1,8")


def _load(parser: Parser, widths: str) -> None:
    parser.add_argument(
        "--concurrency",
        default=widths,
        help=f"numbers of concurrent requests, each measured on its own (default {widths})",
    )
    parser.add_argument("--input-tokens", type=int, default=256, help="tokens of each prompt (default 256)")


def _tune(tune: Parser) -> None:
    yes(tune)
    tune.add_argument(
        "--aim", choices=("throughput", "latency", "balanced"), default="balanced", help="what to improve"
    )
    tune.add_argument("--slo", metavar="BOUNDS", help="limits that it must keep to, such as ttft=200ms,tpot=20ms")
    spent = tune.add_mutually_exclusive_group()
    spent.add_argument("--minutes", type=float, default=15.0, metavar="N", help="time for the search (default 15)")
    spent.add_argument("--budget", type=float, metavar="MONEY", help="money for the search")
    tune.add_argument("--price", type=float, metavar="MONEY", help="with --budget: the price of an hour")
    tune.add_argument("--fresh", action="store_true", help="measure again what earlier searches measured")
    tune.add_argument(
        "--concurrency", help="numbers of concurrent requests, each measured on its own (default: by the aim)"
    )
    tune.add_argument("--input-tokens", type=int, default=256, help="tokens of each prompt (default 256)")
