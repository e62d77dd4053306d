"""The grammar of the tools for a server: `bench`, `check-client` and `checklist`."""

from __future__ import annotations

from installer.cli.grammar.options import Commands, Parser, command, deployment


def describe(commands: Commands[Parser]) -> None:
    """Add them."""
    bench = command(commands, "bench", "bench", "serve", "measure the running server, or compare two results")
    bench.add_argument("action", nargs="?", choices=("compare", "list"), help="compare two saved results, or list them")
    bench.add_argument("names", metavar="RESULT", nargs="*", help="two results: names that --save gave, or files")
    bench.add_argument("--save", metavar="NAME", nargs="?", const="", help="save the result, with all versions")
    bench.add_argument("--png", metavar="FILE", help="with compare: also draw a chart into this file")
    bench.add_argument(
        "--concurrency", default="1,8", help="numbers of concurrent requests, each measured on its own (default 1,8)"
    )
    bench.add_argument("--input-tokens", type=int, default=256, help="tokens of each prompt (default 256)")
    check = command(
        commands, "check-client", "client", "check_client", "check whether a client's settings fit the server"
    )
    check.add_argument(
        "files", metavar="FILE", nargs="+", help="the client's settings as JSON; a later file overrides an earlier one"
    )
    deployment(check)
    ticks = command(commands, "checklist", "client", "show_checklist", "show which steps of a deployment are done")
    ticks.add_argument("files", metavar="FILE", nargs="*", help="the client's settings as JSON")
    ticks.add_argument("--env", metavar="FILE", help="the client's .env, with its endpoint and its model")
