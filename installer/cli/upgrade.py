"""`server upgrade`: another release or recipe next to the one that runs, kept only where it is not worse."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from installer.cli import streams
from installer.cli.requests import home_of, request_of
from installer.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from installer.core.contracts.serving import LaunchSpec
    from installer.core.runs.home import Home
    from installer.core.runs.request import Request
    from installer.diagnostics.bench_clients import Measured
    from installer.host.local import LocalHost
    from installer.session.upgrading import Outcome


_PLACE = ("server.port=", "server.host=", "server.key=")


def upgrade(options: argparse.Namespace) -> int:
    """Serve `server upgrade`."""
    from installer.cli.bench import concurrencies
    from installer.host.local import LocalHost
    from installer.session import upgrading

    if not 0 <= options.worse_by <= 50:
        raise UsageError(f"--worse-by cannot be {options.worse_by:g}.", "It is a number of percent, 0 to 50.", "")
    home, widths = home_of(options), concurrencies(options.concurrency)
    host = LocalHost(home.cache)

    def measure(spec: LaunchSpec, place: Home) -> list[Measured]:
        return measured(spec, host, place, widths, options.input_tokens)

    actions = upgrading.UpgradeActions(lambda request: deployed(options, home, request), measure, streams.say)
    outcome = upgrading.upgrade(home, host, _wanted(options, home), actions, worse_by=options.worse_by / 100)
    if options.json:
        streams.document({"schema": 1, **asdict(outcome)})
    else:
        _show(outcome)
    return int(ExitCode.OK if outcome.kept else ExitCode.FAILED)


def _wanted(options: argparse.Namespace, home: Home) -> Request:
    """What shall be served from now on: the home's own, changed as the options say."""
    from installer.session.deployments import remembered
    from installer.session.releases import other_release

    asked, kept = request_of(options), remembered(home)
    if not (options.to or asked.recipe or asked.profile or asked.settings):
        fix = "Give --to RELEASE, --recipe NAME, --profile NAME or --set key=value."
        raise UsageError("No upgrade target was given.", "", fix)
    recipe = asked.recipe or (kept.recipe if kept else None)
    if asked.recipe and kept:  # clients find it where the old one was
        place = tuple(setting for setting in kept.settings if setting.startswith(_PLACE))
        asked = replace(asked, settings=(*place, *asked.settings))
    if options.to and recipe:
        return replace(asked, settings=(*asked.settings, other_release(recipe, options.to)))
    return asked


def measured(spec: LaunchSpec, host: LocalHost, home: Home, widths: list[int], words: int) -> list[Measured]:
    """The same load for every server that is compared."""
    from installer.session import benchmarking

    home.cache.mkdir(parents=True, exist_ok=True)
    return list(benchmarking.measure(spec, host, home=home, concurrencies=widths, input_tokens=words, tell=streams.say))


def deployed(options: argparse.Namespace, home: Home, request: Request) -> int:
    """Run the stages of `request` and show them on the side of talk; the exit status."""
    from installer.cli.console import Console
    from installer.cli.run import follow
    from installer.session import runs

    folder, lock = runs.new(home, request)
    runs.spawn(home, folder, lock)
    return follow(home, folder, Console(streams.say))


def _show(outcome: Outcome) -> None:
    streams.data(f"{'':<28}{'old':>18}{'new':>18}")
    for row in outcome.rows:
        change = "" if row.change is None else f"{row.change:+.1%}"
        mark = streams.paint("worse", "red", error=False) if row.worse else ""
        streams.data(f"{row.what:<28}{row.old:>18}{row.new:>18}{change:>9}  {mark}".rstrip())
    together = "side by side" if outcome.side_by_side else "one after the other"
    kept = "The new one is in use." if outcome.kept else "The old one is in use, as before."
    streams.say(f"Measured {together}. {outcome.why} {kept}")
