"""The grammar of the command line. Handlers are imported when their command is the one asked for."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module

from installer.cli import (
    bundle_grammar,
    client_grammar,
    export_grammar,
    fit_grammar,
    fleet_grammar,
    keeping,
    serving_grammar,
    support_grammar,
    wish_grammar,
)
from installer.cli.help import Parser, Version


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options, with `handler` set to the function that serves them. Exits 2 on wrong usage, as argparse does."""
    options = build(argv[0] if argv else "").parse_args(_shown_flag(argv))
    if getattr(options, "handler", None) is None:
        options.handler = _lazily("run", "run_stages") if options.stage else _lazily("screen", "open_screen")
    return options


def _shown_flag(argv: Sequence[str]) -> list[str]:
    """`recipes show NAME --context-length` without dashes: argparse would look for a flag of ours."""
    if list(argv[:2]) != ["recipes", "show"]:
        return list(argv)
    ours = ("--profile", "--home", "--json", "--help", "--")
    foreign = (word.startswith("--") and word.partition("=")[0] not in ours for word in argv)
    return [word.lstrip("-") if other else word for word, other in zip(argv, foreign, strict=True)]


def build(first: str = "") -> argparse.ArgumentParser:
    """The whole grammar; also what completion and docs are made from.

    Where the `first` word of a line is a command, those of other groups cannot come up and are left out: it saves some
    milliseconds, and a short command takes only some dozens.
    """
    parser = Parser(
        prog="deploy-tui",
        description="From a rented GPU to a model that answers on a port. Without a command: the screen.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    parser.add_argument(
        "--stage", metavar="STAGES", help="run stages without a screen: 9, 3-7, 3,5,9, all, or names such as pytorch"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do it without asking")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="where the server fails for a known reason that one of its settings mends, set that and try once more",
    )
    parser.add_argument(
        "--bundle", metavar="FILE|DIR", help="deploy from this bundle (see `bundle make`), without any network"
    )
    _common(parser, top=True)
    _deployment(parser, top=True)
    keeping.add_to(parser, top=True)
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", parser_class=argparse.ArgumentParser
    )
    for group in [group for group, words in _GROUPS.items() if first in words] or _GROUPS:
        group(commands)
    return parser


_Commands = argparse._SubParsersAction


def _plan(commands: _Commands[argparse.ArgumentParser]) -> None:
    plan = _command(commands, "plan", "plan", "show_plan", "say what would happen, without touching anything")
    _deployment(plan)
    _judgement(plan)
    audit = _command(commands, "audit", "audit", "audit_script", "say what a shell script of yours would come to")
    audit.add_argument("script", metavar="SCRIPT", help="the script, which is only read; - reads it from stdin")
    _circumstances(audit)
    _judgement(audit)


def _fit(commands: _Commands[argparse.ArgumentParser]) -> None:
    fit = _command(commands, "fit", "fit", "show_fit", "which models this machine holds, or which GPUs hold a model")
    fit_grammar.add(fit)
    _deployment(fit, wish=False)


def _state(commands: _Commands[argparse.ArgumentParser]) -> None:
    _command(commands, "status", "status", "show_status", "what this home holds and does")
    _command(commands, "cancel", "status", "cancel_run", "stop the run in progress and take back what it was doing")
    back = _command(commands, "rollback", "status", "roll_back", "use an earlier generation of the environment again")
    back.add_argument("--to", type=int, metavar="GENERATION", help="its number (default: the last whole one before)")


def _support(commands: _Commands[argparse.ArgumentParser]) -> None:
    support_grammar.describe(commands, _command)


def _server(commands: _Commands[argparse.ArgumentParser]) -> None:
    server = commands.add_parser("server", help="start, stop, restart or look at the server")
    verbs = server.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    for verb, text in (
        ("start", "start it and prove that it answers (the same as --stage 10)"),
        ("stop", "stop it, with every process it started"),
        ("restart", "stop and start"),
        ("status", "whether it runs, and where"),
        ("logs", "what it printed"),
        ("chat", "say something to it; its answer as it comes"),
        ("metrics", "what its engine counts: requests, tokens, cache"),
        ("key", "the key that it asks for"),
    ):
        parser = _command(verbs, verb, "server", verb, text)
        if verb in ("start", "restart"):
            _deployment(parser)
            keeping.add_to(parser)
            parser.add_argument("-y", "--yes", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        if verb == "chat":
            parser.add_argument("words", metavar="WORDS", help="what to say")
            parser.add_argument("--form", choices=("structured", "tool"), help="held to a schema, or as a tool call")
            parser.add_argument("--temperature", type=float, default=0.7, help="0 to 2 (default 0.7)")
            parser.add_argument("--max-tokens", type=int, default=256, help="at most so long (default 256)")
        if verb == "key":
            parser.add_argument("--renew", action="store_true", help="make a new one, for the next start")
        if verb == "logs":
            parser.add_argument("-n", "--lines", type=int, default=100, help="how many of the last lines (default 100)")
            parser.add_argument("-f", "--follow", action="store_true", help="go on until interrupted")
    serving_grammar.add(verbs, _command, _deployment)


def _runs(commands: _Commands[argparse.ArgumentParser]) -> None:
    runs = commands.add_parser("runs", help="list the runs of this home, and delete what is not wanted any more")
    verbs = runs.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    _command(verbs, "list", "runs", "list_runs", "the runs, the newest first")
    delete = _command(verbs, "delete", "runs", "delete", "delete the files of a run, or a generation")
    which = delete.add_mutually_exclusive_group(required=True)
    which.add_argument("--run", metavar="ID", help="a run: its journal, plan and logs")
    which.add_argument("--generation", type=int, metavar="N", help="a generation that is not in use")


def _recipes(commands: _Commands[argparse.ArgumentParser]) -> None:
    recipes = commands.add_parser("recipes", help="list, show, check and write recipes")
    verbs = recipes.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    _command(verbs, "list", "recipes", "list_recipes", "the recipes that come along")
    show = _command(verbs, "show", "recipes", "show_recipe", "print one, and what it would install")
    show.add_argument("name", metavar="NAME|FILE", help="name or file")
    show.add_argument("flag", metavar="FLAG", nargs="?", help="explain this flag of its server only")
    show.add_argument("--profile", metavar="NAME", default=argparse.SUPPRESS, help="as this profile sets them")
    lint = _command(verbs, "lint", "recipes", "lint_recipe", "check a file, with line numbers")
    lint.add_argument("file", metavar="FILE")
    new = _command(verbs, "new", "recipes", "new_recipe", "write a commented skeleton, or the recipe of a model")
    wish_grammar.add(new)
    _circumstances(new)
    new.add_argument("file", metavar="FILE")


def _clients(commands: _Commands[argparse.ArgumentParser]) -> None:
    client_grammar.describe(commands, _command, _deployment)


def _bundle(commands: _Commands[argparse.ArgumentParser]) -> None:
    bundle_grammar.describe(commands, _command, _choices, _circumstances)


def _pod(commands: _Commands[argparse.ArgumentParser]) -> None:
    pod = _command(commands, "pod-command", "pod", "print_command", "print the line that starts all this in a new pod")
    pod.add_argument("--recipe", metavar="NAME|FILE", default=argparse.SUPPRESS, help="what to deploy")
    wish_grammar.add(pod)
    pod.add_argument("--profile", metavar="NAME", default=argparse.SUPPRESS, help="a profile of the recipe")
    pod.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=argparse.SUPPRESS, dest="settings",
        help="change one value of the recipe (repeatable)",
    )  # fmt: skip
    pod.add_argument(
        "--image", metavar="IMAGE", help="print a docker run line for a machine with Docker instead, on this image"
    )
    pod.add_argument("--source", metavar="URL", help="where to clone this tool from (default: this checkout's origin)")


def _elsewhere(commands: _Commands[argparse.ArgumentParser]) -> None:
    export_grammar.describe(commands, _command, _choices, _circumstances)
    fleet_grammar.describe(commands).set_defaults(handler=_lazily("fleet", "fleet"))


def _knowledge(commands: _Commands[argparse.ArgumentParser]) -> None:
    knowledge = commands.add_parser("knowledge", help="how old the shipped facts are, and reading new releases")
    verbs = knowledge.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    _command(verbs, "status", "knowledge", "show_status", "which table knows which releases, and how old its rows are")
    refresh = _command(
        verbs, "refresh", "knowledge", "refresh", "read the releases that the index has and the tables have not"
    )
    refresh.add_argument("--check", action="store_true", help="write nothing; exit 1 where a table is behind")
    refresh.add_argument("--into", metavar="DIR", help="write to this folder (default: the tables of this tool)")
    refresh.add_argument("names", metavar="TABLE", nargs="*", help="only these, such as engines/vllm (default: all)")


def _web(commands: _Commands[argparse.ArgumentParser]) -> None:
    web = _command(commands, "web", "web", "serve", "show the screen in a browser, behind a one-time token")
    web.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    web.add_argument("--port", type=int, default=8433, help="the port to listen on (default 8433)")
    _deployment(web)


def _completion(commands: _Commands[argparse.ArgumentParser]) -> None:
    text = "print a script that completes these commands in a shell"
    completion = commands.add_parser("completion", help=text, description=text[0].upper() + text[1:] + ".")
    completion.add_argument("shell", choices=("bash", "zsh"))
    completion.set_defaults(handler=_lazily("completion", "print_script"))


def _command(
    commands: _Commands[argparse.ArgumentParser], name: str, module: str, function: str, text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(handler=_lazily(module, function))
    _common(parser)
    return parser


def _common(parser: argparse.ArgumentParser, *, top: bool = False) -> None:
    absent = None if top else argparse.SUPPRESS
    parser.add_argument("--home", metavar="DIR", default=absent, help="where everything is kept")
    parser.add_argument(
        "--server", metavar="NAME", default=absent, help="a further server of the home (default: the first)"
    )
    parser.add_argument("--json", action="store_true", default=False if top else absent, help="print JSON on stdout")


def _deployment(parser: argparse.ArgumentParser, *, top: bool = False, wish: bool = True) -> None:
    absent = None if top else argparse.SUPPRESS
    parser.add_argument(
        "--recipe", metavar="NAME|FILE", default=absent, help="what to deploy (default: what fits here)"
    )
    if wish:
        wish_grammar.add(parser, top=top)
        parser.add_argument(
            "--overrule", metavar="CODE", action="append", default=[] if top else absent, dest="overruled",
            help="let this finding not stop it, such as memory; the plan says so (repeatable)",
        )  # fmt: skip
    _choices(parser, top=top)
    _circumstances(parser, top=top)


def _choices(parser: argparse.ArgumentParser, *, top: bool = False) -> None:
    absent = None if top else argparse.SUPPRESS
    parser.add_argument("--profile", metavar="NAME", default=absent, help="a profile of the recipe")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[] if top else absent, dest="settings",
        help="change one value of the recipe, such as server.port=9000 (repeatable)",
    )  # fmt: skip


def _circumstances(parser: argparse.ArgumentParser, *, top: bool = False) -> None:
    absent = None if top else argparse.SUPPRESS
    parser.add_argument("--machine", metavar="FILE", default=absent, help="for the machine that this file describes")
    parser.add_argument("--offline", action="store_true", default=False if top else absent, help="use no network")
    parser.add_argument(
        "--as-of", metavar="DATE", default=absent, help="as the index stood on that day, such as 2026-01-20"
    )


def _judgement(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model-config",
        metavar="FILE|DIR",
        help="the model's config.json, or its folder (default: what is known of it)",
    )
    parser.add_argument("--strict", action="store_true", help="exit 4 where something is unknown")


def _lazily(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    def handler(options: argparse.Namespace) -> int:
        return int(getattr(import_module(f"installer.cli.{module}"), function)(options))

    return handler


_GROUPS = {
    _plan: ("plan", "audit"),
    _fit: ("fit",),
    _state: ("status", "cancel", "rollback"),
    _support: ("doctor", "explain", "ticket", "replay", "demo"),
    _server: ("server",),
    _runs: ("runs",),
    _recipes: ("recipes",),
    _clients: ("bench", "check-client", "checklist"),
    _pod: ("pod-command",),
    _bundle: ("bundle",),
    _elsewhere: ("export", "fleet"),
    _knowledge: ("knowledge",),
    _web: ("web",),
    _completion: ("completion",),
}
"""The commands, as they are described together."""
