"""`bench`: how fast the running server is, next to what its recipe states; and kept results side by side."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from installer.cli import streams
from installer.cli.requests import home_of
from installer.core.errors import ExitCode, UsageError
from installer.core.text.languages import _, translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installer.core.contracts.serving import LaunchSpec
    from installer.core.recipes.recipe import Expected
    from installer.core.runs.home import Home
    from installer.diagnostics.bench_clients import Measured
    from installer.session.benchmarking import Figure, Report

_COLOURS = {True: "green", False: "red", None: "dim"}


def serve(options: argparse.Namespace) -> int:
    """Serve `bench`, `bench list` and `bench compare A B`."""
    if options.action is None:
        return measure_server(options)
    from installer.cli.compare import compare, list_results

    return compare(options) if options.action == "compare" else list_results(options)


def measure_server(options: argparse.Namespace) -> int:
    """Measure the server that runs."""
    from installer.host.local import LocalHost
    from installer.session import benchmarking

    widths = concurrencies(options.concurrency)
    home = home_of(options)
    host = LocalHost(home.cache)
    spec = benchmarking.running(home, host)
    streams.say(f"Measuring {spec.served_as} at {spec.url} with the benchmark client of {spec.engine}.")
    loads = list(
        benchmarking.measure(
            spec, host, home=home, concurrencies=widths, input_tokens=options.input_tokens, tell=streams.say
        )
    )
    found = benchmarking.report(spec, loads, _expected(spec.recipe), home)
    saved = _saved(options, home, found, spec)
    if options.json:
        streams.document({"schema": 1, **asdict(found), "saved": saved})
    else:
        _show(found)
        if saved:
            streams.say(f"Saved as {saved}. To compare it with another result: deploy-tui bench compare.")
    return int(ExitCode.OK)


def _saved(options: argparse.Namespace, home: Home, found: Report, spec: LaunchSpec) -> str | None:
    """The file that the result was kept in, where that was requested."""
    if options.save is None:
        return None
    from installer.session import bench_results
    from installer.session.deployments import remembered

    kept = remembered(home)
    return str(bench_results.save(home, options.save, found, spec, kept.profile if kept else None))


def concurrencies(text: str) -> list[int]:
    try:
        found = [int(word) for word in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 1 or max(found) > 1024:
        raise UsageError(
            f'--concurrency cannot be "{text}".', "It is a list of numbers from 1 to 1024.", "Give 1,8,32, for example."
        )
    return found


def _expected(recipe: str) -> Expected | None:
    from installer.core.errors import DeployError
    from installer.session import recipes

    try:
        return recipes.load(recipe).expected
    except DeployError:
        return None  # a recipe of one's own, by now somewhere else: there is nothing to compare with


def _show(found: Report) -> None:
    if found.stand_in:
        streams.say("This is a stand-in with random weights: its speed is not that of the real model.")
    stated = _("stated for {gpu}").format(gpu=found.stated_for) if found.stated_for else ""
    measured_on = _("measured on {gpu}").format(gpu=found.on)
    streams.data(f"{_('one request at a time'):<26}{measured_on:<32}{stated}".rstrip())
    for figure in found.figures:
        streams.data(_line(figure))
    streams.data("")
    for line in _table(
        [(_("at a time"), _("first token"), _("per token"), _("all together")), *map(_cells, found.loads)]
    ):
        streams.data(line)
    if found.beside:
        streams.data("")
        streams.data(_("known of {recipe} on {gpu}:").format(recipe=found.recipe, gpu=found.on))
    for other in found.beside:
        together = f"{other.tokens_per_s:,.0f} tokens/s"
        streams.data(f"{other.concurrency:>9}  {other.profile:<24} {together:>16}   {other.source}")


def _cells(one: Measured) -> tuple[str, str, str, str]:
    together = f"{one.output_tokens_per_s:,.0f} tokens/s"
    return str(one.load.concurrency), f"{one.ttft_ms:.1f} ms", f"{one.tpot_ms:.2f} ms", together


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Each column as wide as what is in it, at its right end, in whatever language its heading is."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def _line(figure: Figure) -> str:
    value = _("not known") if figure.measured is None else f"{figure.measured:,.2f} {figure.unit}"
    bounds = ""
    if figure.expected:
        low, high = figure.expected
        bounds = _("{low} to {high} {unit}").format(low=f"{low:g}", high=f"{high:g}", unit=figure.unit)
    word = {True: _("as stated"), False: _("worse"), None: ""}[figure.within]
    mark = streams.paint(word, _COLOURS[figure.within], error=False)
    return f"{translated(figure.name):<26}{value:<32}{bounds:<24}{mark}".rstrip()
