"""`fleet FILE plan | up | status | prove | rollback | down`: prints what the hosts said. Decides nothing about them."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from installer.cli import fleet_screen, streams
from installer.cli.fleet_bundles import Bundles
from installer.cli.requests import home_of
from installer.core.errors import DeployError, ExitCode, UsageError
from installer.core.files import document
from installer.core.files.problems import quote
from installer.core.runs.home import Home
from installer.core.text.languages import translated
from installer.disk import given
from installer.fleet import rank_assignment
from installer.fleet.acceptance import proved
from installer.fleet.file import ROUTER, Fleet, Host, parse, written
from installer.fleet.outcome import Outcome, State
from installer.fleet.remote import Recipe, Remote
from installer.fleet.rollout import Rollout, each, returned, rolled_back
from installer.fleet.router import FleetRouter
from installer.host import server_key, ssh

_DEPLOYING = ("plan", "up")
_GOOD = frozenset({State.WORKS, State.UNKNOWN, State.UP, State.BACK, State.DOWN})
_COLOURS = dict.fromkeys(_GOOD, "green") | {State.UNKNOWN: "yellow", State.WAITING: "dim"}


def fleet(options: argparse.Namespace) -> int:
    """Serve `fleet`."""
    text, folder = _read(options.file)
    parsed = parse(written(text, _source(options.file)), _source(options.file), _hosts(options))
    wanted = options.fleet_verb in _DEPLOYING
    recipes = {
        host.name: _recipe(host.recipe or parsed.recipe, folder) if wanted else Recipe(None) for host in parsed.hosts
    }
    bundles = Bundles(folder, home_of(options))
    with _links(parsed, home_of(options)) as links:
        remotes = [
            Remote(host, parsed, links, recipes[host.name], bundle_files=bundles.bundle_files) for host in parsed.hosts
        ]
        router = _router(parsed, remotes, options.fleet_verb)
        if wanted:
            bundles.read([*remotes, *([router.remote()] if router else [])])
        placed = rank_assignment.placed(parsed.hosts, _nodes(parsed, folder, bundles, strict=wanted), options.file)
        for remote, assignment in zip(remotes, placed, strict=True):
            remote.assignment = assignment
        if options.fleet_verb is None:
            return fleet_screen.show(options.file, remotes, lambda: _asked("status", _status, remotes, router))
        if options.fleet_verb == "up":
            return _up(options, Rollout(remotes, parsed.share, streams.say, router, bundles.plan), bundles)
        asked = {**_ASKED, "plan": bundles.plan}[options.fleet_verb]
        outcomes = _asked(options.fleet_verb, asked, remotes, router)
        _show(options, outcomes)
        return _exit(outcomes)


def _links(parsed: Fleet, home: Home) -> ssh.Links:
    if parsed.carrier == "ssh":
        ssh.require()
        return ssh.Links()
    from installer.host.carrier import environment
    from installer.host.carrier.links import PyinfraLinks

    return PyinfraLinks(environment.python(home.cache))


def _router(parsed: Fleet, remotes: Sequence[Remote], verb: str) -> FleetRouter | None:
    """The router, with its key where it is needed: made where there is none yet."""
    if parsed.router is None:
        return None
    below = next(one for one in remotes if one.host.name == parsed.router.host)
    return FleetRouter(below, parsed.router, server_key.own(Path(parsed.router.key_file)) if verb == "up" else "")


def _up(options: argparse.Namespace, rollout: Rollout, bundles: Bundles) -> int:
    assessed = _assessed(rollout)
    fit = _fit(options, rollout, assessed)
    if fit:
        _ask(options, len(fit))
        if bundles.make([*fit, *([rollout.router.remote()] if rollout.router else [])]):
            assessed = _assessed(rollout)  # by what is in them now, and not only by what was to be
            fit = _fit(options, rollout, assessed)
    if not fit:
        streams.say("Nothing was started on any host. --skip-refused continues without the hosts that cannot serve.")
        _show(options, list(assessed.values()))
        return _exit(list(assessed.values()))
    succeeded = rollout.up(fit)
    _show(options, [rollout.outcomes.get(name, one) for name, one in assessed.items()])
    stuck = any(one.state == State.STUCK for one in rollout.outcomes.values())
    return int(ExitCode.OK if succeeded else ExitCode.INCOMPLETE if stuck else ExitCode.FAILED)


def _assessed(rollout: Rollout) -> dict[str, Outcome]:
    assessed = {one.host: one for one in rollout.assess()}
    for one in assessed.values():
        streams.say(f"{one.host}: {one.state.shown}{': ' if one.message else ''}{one.message}")
    return assessed


def _fit(options: argparse.Namespace, rollout: Rollout, assessed: Mapping[str, Outcome]) -> list[Remote]:
    """The hosts to continue with; none if one that cannot serve stops all."""
    fit = rank_assignment.complete_groups(
        [remote for remote in rollout.remotes if assessed[remote.host.name].state in _GOOD]
    )
    closed = rollout.router is not None and assessed[ROUTER].state not in _GOOD
    return [] if closed or (len(fit) < len(rollout.remotes) and not options.skip_refused) else fit


def _asked(
    verb: str, what: Callable[[Remote], Outcome], remotes: Sequence[Remote], router: FleetRouter | None
) -> list[Outcome]:
    """What the hosts say, and the router behind them."""
    ask = partial(each, ask=what)
    if router is None:
        return rank_assignment.first_ranks_first(remotes, ask) if verb == "down" else ask(remotes)
    if verb == "rollback":
        router.read_state()
        # One after the other, so that the others serve meanwhile.
        return [
            one
            for remote in remotes
            for one in each([remote], partial(returned, id=secrets.token_hex(8), router=router))
        ]
    outcomes = ask([*remotes, router.remote()])
    return [*outcomes[:-1], router.described(outcomes[-1])] if verb == "status" else outcomes


def _status(remote: Remote) -> Outcome:
    body = remote.status()
    run, server = body["run"], body["server"]
    at = f" at stage {run['stage']}" if run["state"] == "running" else ""
    where = str(remote.assignment) if remote.assignment.rank else server["url"]
    line = f"{server['state']} {where if server['state'] == 'ready' else ''}; last run {run['state']}{at}"
    state = State.UP if server["state"] == "ready" else State.DOWN
    return Outcome(remote.host.name, state, line, {"status": body})


def _down(remote: Remote) -> Outcome:
    reply = remote.ask("server", "stop")
    return Outcome(remote.host.name, State.FAILED if reply.code else State.DOWN, reply.errors.strip()[-300:])


def _back(remote: Remote) -> Outcome:
    return rolled_back(remote, secrets.token_hex(8))


_ASKED = {"status": _status, "prove": proved, "rollback": _back, "down": _down}


def _exit(outcomes: Sequence[Outcome]) -> int:
    states = {one.state for one in outcomes}
    if states <= _GOOD:
        return int(ExitCode.OK)
    if State.STUCK in states:
        return int(ExitCode.INCOMPLETE)
    return int(ExitCode.PREDICTED if State.REFUSED in states else ExitCode.FAILED)


def _show(options: argparse.Namespace, outcomes: Sequence[Outcome]) -> None:
    if options.json:
        streams.document({"schema": 1, "verb": options.fleet_verb, "hosts": [one.to_json() for one in outcomes]})
        return
    wide = max(len(one.host) for one in outcomes)
    for one in outcomes:
        mark = streams.paint(f"{one.state.shown:<15}", _COLOURS.get(one.state, "red"), error=False)
        streams.data(f"{one.host:<{wide}}  {mark}  {translated(one.message)}")


def _hosts(options: argparse.Namespace) -> tuple[Host, ...]:
    """Those that `--hosts` names."""
    if options.hosts is None:
        return ()
    if options.hosts == options.file:
        raise UsageError("--hosts names the fleet file itself.", "Hosts are read once.", "Leave out --hosts.")
    source = _source(options.hosts)
    return parse(written(_read(options.hosts)[0], source), source).hosts


def _source(name: str) -> str:
    return "stdin" if name == "-" else name


def _read(name: str) -> tuple[str, Path]:
    """The text, and the folder that files in it are named from."""
    if name == "-":
        return document.decode(sys.stdin.buffer.read(document.LIMIT_BYTES + 1), "stdin", "fleet file"), Path.cwd()
    file = Path(name)
    try:
        data = given.content(file, document.LIMIT_BYTES)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"{quote(name)} cannot be read.", f"{why[:1].upper()}{why[1:]}.",
            "Name a fleet file, or - for stdin (docs/fleet.md).",
        ) from None  # fmt: skip
    return document.decode(data, name, "fleet file"), file.absolute().parent


def _recipe(name: str | None, folder: Path) -> Recipe:
    """A name as it is: each host has it. A file with its text, checked here first."""
    from installer.session import recipes

    if name is None or not ("/" in name or name.endswith((".yaml", ".yml"))):
        return Recipe(name)
    file = folder / name
    recipes.recipe_of(recipes.written(str(file)), ())
    return Recipe(str(file), file.read_text(encoding="utf-8"))


def _nodes(parsed: Fleet, folder: Path, bundles: Bundles, *, strict: bool) -> int:
    """How many hosts serve one model together, by the recipe of all. Not `strict`: a recipe that is gone is for one."""
    from installer.session import recipes

    name = parsed.recipe
    if name is None:
        brought = bundles.recipe(parsed.bundle)
        return recipes.of_text(brought, str(parsed.bundle)).topology.nodes if brought else 1
    try:
        is_file = "/" in name or name.endswith((".yaml", ".yml"))
        written = recipes.written(str(folder / name) if is_file else name)
        return recipes.recipe_of(written, ()).topology.nodes
    except DeployError:
        if strict:
            raise
        return 1


def _ask(options: argparse.Namespace, hosts: int) -> None:
    if getattr(options, "yes", False):
        return
    if options.json or options.file == "-" or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "Confirmation required, but this is not a terminal.", "This deploys on other machines.",
            "Add --yes, or use `plan` instead of `up` first.",
        )  # fmt: skip
    if input(f"Deploy on {hosts} hosts? [y/N] ").strip().lower() not in ("y", "yes"):
        raise KeyboardInterrupt
