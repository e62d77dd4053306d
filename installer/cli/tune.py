"""`server tune`: tries the settings of the server for an aim, within minutes, and serves the best from then on."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from installer.cli import plots, streams
from installer.cli.bench import concurrencies
from installer.cli.requests import home_of
from installer.core.errors import ExitCode, UsageError
from installer.core.outcomes import Code
from installer.core.text.languages import translated

if TYPE_CHECKING:
    from installer.core.contracts.serving import LaunchSpec
    from installer.core.runs.home import Home
    from installer.core.runs.request import Request
    from installer.diagnostics.bench_clients import Measured
    from installer.host.local import LocalHost
    from installer.session.tune_run import Asked, Outcome
    from installer.session.tuning import Trial

_COLOURS = {"measured": "green", "refused": "dim", "failed": "red", "too slow": "yellow"}


def tune(options: argparse.Namespace) -> int:
    """Serve `server tune`."""
    from installer.cli.upgrade import deployed, measured
    from installer.host.local import LocalHost
    from installer.session import tune_run

    home = home_of(options)
    host, asked = LocalHost(home.cache), _asked(options, home)

    def measure(spec: LaunchSpec, place: Home) -> list[Measured]:
        return measured(spec, host, place, list(asked.load[:-1]), options.input_tokens)

    means = tune_run.TuneActions(
        lambda request: deployed(options, home, request), measure, lambda request: _refused(request, home, host),
        streams.say, (lambda trial: None) if options.json else show,
    )  # fmt: skip
    outcome = tune_run.tune(home, host, asked, means)
    streams.document({"schema": 1, **_plain(outcome)}) if options.json else _plot(outcome)
    streams.say(outcome.said)
    return int(ExitCode.OK)


def _asked(options: argparse.Namespace, home: Home) -> Asked:
    from installer.session.tune_aims import AIMS, level
    from installer.session.tune_run import Asked

    widths = concurrencies(options.concurrency or ",".join(map(str, AIMS[options.aim])))
    load = (*widths, options.input_tokens)
    return Asked(options.aim, level(options.slo), _minutes(options, home), load, options.fresh)


def _minutes(options: argparse.Namespace, home: Home) -> float:
    """What was allowed, in minutes; money by the price of an hour."""
    from installer.host.server_state import read_state
    from installer.session import costs

    if options.budget is None:
        if options.minutes <= 0:
            raise UsageError(f"--minutes cannot be {options.minutes:g}.", "It is a number above 0.", "")
        return float(options.minutes)
    cost = costs.cost(home, read_state(home)) if options.price is None else {"per_hour": options.price}
    price = cost["per_hour"] if cost else None
    if not price or options.budget <= 0:
        raise UsageError(
            "The price of an hour is not known.", f"--budget {options.budget:g} needs it.",
            "Give it with --price 2.50, or use --minutes instead.",
        )  # fmt: skip
    return float(60 * options.budget / price)


def _refused(request: Request, home: Home, host: LocalHost) -> str:
    """What the checks of a plan have against those settings; empty if nothing."""
    from installer.core.errors import DeployError
    from installer.core.outcomes import Severity
    from installer.session.planning import make_plan
    from installer.session.prepare import prepare

    try:
        plan = make_plan(prepare(replace(request, stages=()), home, host), host, sizes=False)
    except DeployError as error:
        return error.what
    against = (finding for finding in plan.findings if finding.severity == Severity.BLOCKER and finding.stage == 10)
    return next((f"{finding.summary} {finding.evidence}" for finding in against if finding.code != Code.PORT), "")


def show(trial: Trial) -> None:
    """One trial, as a line."""
    mark = streams.paint(f"{trial.status:<9}", _COLOURS[trial.status], error=False)
    figures = "  ".join(
        f"{load.load.concurrency}: {load.output_tokens_per_s:,.0f} tok/s {load.ttft_ms:,.0f} ms {load.tpot_ms:,.1f} ms"
        for load in trial.loads
    )
    streams.data(f"{trial.number:>3}  {mark} {trial.point.name:<26} {figures}  {translated(trial.why[:160])}".rstrip())


def _plot(outcome: Outcome) -> None:
    points = [(trial.number, trial.score) for trial in outcome.trials if trial.loads]
    if len(points) > 1:
        series = {outcome.aim: ([x for x, _ in points], [y for _, y in points])}
        for line in plots.terminal("result of each trial", "trial", series):
            streams.data(line)


def _plain(outcome: Outcome) -> dict[str, Any]:
    trials = [
        {**asdict(one), "point": {"name": one.point.name, "flags": dict(one.point.flags)}} for one in outcome.trials
    ]
    return {**asdict(outcome), "trials": trials}
