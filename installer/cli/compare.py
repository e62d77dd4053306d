"""`bench list` and `bench compare A B`: kept results, and two of them as a table and a plot."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from installer.cli import plots, streams
from installer.cli.requests import home_of
from installer.core.errors import ExitCode, UsageError
from installer.core.text.languages import _, translated
from installer.session import bench_results

_ACROSS, _TITLE = "requests at a time", "tokens per second, all together"


def list_results(options: argparse.Namespace) -> int:
    """Serve `bench list`."""
    home = home_of(options)
    found = [bench_results.load(home, name) for name in bench_results.names(home)]
    if options.json:
        streams.document({"schema": 1, "results": found})
        return int(ExitCode.OK)
    for body in found:
        widths, speeds = bench_results.series(body)
        best = max(zip(speeds, widths, strict=True))
        speed = _("{speed} tokens/s at {width}").format(speed=f"{best[0]:,.0f}", width=best[1])
        streams.data(f"{body['name']:<44} {body['report']['on']:<24} {speed:>24}")
    if not found:
        streams.say("There are no saved results. `deploy-tui bench --save` saves one.")
    return int(ExitCode.OK)


def compare(options: argparse.Namespace) -> int:
    """Serve `bench compare A B`."""
    if len(options.names) != 2:
        raise UsageError(
            "`bench compare` needs two results.", f"{len(options.names)} were given.",
            "deploy-tui bench compare A B; `bench list` names them.",
        )  # fmt: skip
    home = home_of(options)
    first, second = (bench_results.load(home, name) for name in options.names)
    rows, other = bench_results.compare(first, second), bench_results.differing(first, second)
    if not rows:
        raise UsageError(
            "The two results have no load in common.", "They were measured with different numbers of concurrent "
            "requests.",
            "Measure both with the same --concurrency.",
        )  # fmt: skip
    series = {
        name: bench_results.series(body) for name, body in zip(_labels(options.names), (first, second), strict=True)
    }
    if options.json:
        _draw(options, series)
        changed = [{**asdict(row), "change": row.change} for row in rows]
        streams.document({"schema": 1, "first": first, "second": second, "rows": changed, "differing": other})
        return int(ExitCode.OK)
    _show(options.names, rows, other)
    for line in plots.terminal(_TITLE, _ACROSS, series):
        streams.data(line)
    _draw(options, series)  # last: where no picture can be drawn, the table is there all the same
    return int(ExitCode.OK)


def _draw(options: argparse.Namespace, series: plots.Series) -> None:
    if options.png:
        plots.png(Path(options.png), _TITLE, _ACROSS, series)


def _labels(names: list[str]) -> list[str]:
    short = [Path(name).stem for name in names]
    return short if short[0] != short[1] else [f"{short[0]} ({_('first')})", f"{short[1]} ({_('second')})"]


def _show(names: list[str], rows: list[Any], other: list[str]) -> None:
    first, second = _labels(names)
    streams.data(f"{_('at a time'):>9}  {'':<16} {first[:22]:>22} {second[:22]:>22}")
    for row in rows:
        mark = f"{row.change:+.0%}" if row.better else _("the same")
        colour = {"first": "red", "second": "green", "": "dim"}[row.better]
        values = f"{row.first:>22,.1f} {row.second:>22,.1f}"
        shown = streams.paint(f"{mark:>9}", colour, error=False)
        streams.data(f"{row.concurrency:>9}  {translated(row.figure):<16} {values} {row.unit:<9}{shown}")
    for difference in other:
        streams.say(_("Different: {difference}").format(difference=translated(difference)))
    streams.data("")
