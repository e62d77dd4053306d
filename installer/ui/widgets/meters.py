"""The lines at the bottom: the run (time, bytes, speed) and the machine (CPU, memory, disk, GPUs)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from installer.core.runs.fold import RunView
from installer.core.text.languages import _
from installer.core.text.quantities import duration, size
from installer.ui.plain import plain
from installer.ui.widgets.bar import bar
from installer.ui.widgets.lines import Lines
from installer.ui.widgets.spark import spark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installer.core.machine.meters import GpuReading, Reading

BAR = 6
APART = 3
"""Cells between two readings."""
TALLEST = 5
MOST_BARS = 2
"""With more GPUs than this, their bars give way."""


class Meters(Lines):
    """Readings that flow into as many lines as they need, at most `TALLEST`."""

    DEFAULT_CSS = """
    Meters { height: auto; padding: 0 1; }
    """
    ALLOW_SELECT = False

    view: RunView = RunView()
    now: float = 0.0
    speed: float = 0.0
    """Bytes per second."""
    price: float | None = None
    """What an hour costs; `None` if unknown."""
    reading: Reading | None = None
    past: tuple[Reading, ...] = ()
    """A minute of readings, the newest last."""

    def lines(self, width: int) -> list[Content]:
        lines = [_row(self.run_cells(), width)]
        for cells in machine_cells(self.reading, self.past) if self.reading else ():
            lines += flow(cells, width)
        return lines[:TALLEST]

    def run_cells(self) -> list[Content]:
        view = self.view
        seconds = view.finished.seconds if view.finished else max(0.0, self.now - view.started_at)
        cells = [_cell(_("elapsed"), duration(seconds) if view.started_at else "–")]
        done, total = view.bytes_done, view.download_bytes
        if done or total:
            cells.append(
                _cell(
                    _("fetched"),
                    _("{done} of {whole}").format(done=size(done), whole=size(max(done, total)))
                    if total
                    else size(done),
                )
            )
        if self.speed >= 1:
            cells.append(_cell(_("speed"), f"{size(self.speed)}/s"))
        if self.price is not None and view.started_at:
            cells.append(_cell(_("cost"), f"{self.price * seconds / 3600:.2f}"))
        if view.generation is not None:
            cells.append(_cell(_("generation"), str(view.generation)))
        return cells


def machine_cells(reading: Reading, past: Sequence[Reading] = ()) -> list[list[Content]]:
    """One cell for each thing that is measured, several GPUs apart; what is not known is left out."""
    cells: list[Content] = []
    if reading.cpu_percent is not None:
        history = [each.cpu_percent for each in past]
        cells.append(_gauge(_("cpu"), reading.cpu_percent / 100, f"{reading.cpu_percent:3.0f} %", history))
    if reading.memory_used is not None and reading.memory_total:
        words = _("{done} of {whole}").format(done=size(reading.memory_used), whole=size(reading.memory_total))
        cells.append(_gauge(_("memory"), reading.memory_used / reading.memory_total, words,
                            _shares([(each.memory_used, each.memory_total) for each in past])))  # fmt: skip
    if reading.received is not None:
        cells.append(_trend(_("net"), f"{size(reading.received)}/s", [each.received for each in past]))
    if reading.disk_free is not None:
        used = 1 - reading.disk_free / reading.disk_total if reading.disk_total else 0.0
        cells.append(_gauge(_("disk"), used, _("{disk_free} free").format(disk_free=size(reading.disk_free))))
    gpus = [
        _gpu(number, gpu, len(reading.gpus), [each.gpus[number].percent for each in past if number < len(each.gpus)])
        for number, gpu in enumerate(reading.gpus)
    ]
    return [cells, gpus] if len(gpus) > 1 else [[*cells, *(gpus or [_cell(_("gpu"), _("none"))])]]


def _shares(pairs: Sequence[tuple[int | None, int | None]]) -> list[float | None]:
    return [100 * used / total if used is not None and total else None for used, total in pairs]


def _gpu(number: int, gpu: GpuReading, count: int, history: Sequence[float | None]) -> Content:
    words = [plain(gpu.name)] if count == 1 else []
    words += [f"{gpu.percent:3.0f} %"] if gpu.percent is not None else []
    if gpu.memory_used is not None and gpu.memory_total:
        words.append(f"{gpu.memory_used / 1e9:.0f}/{gpu.memory_total / 1e9:.0f} GB")
    words += [f"{gpu.temperature_c}°"] if gpu.temperature_c is not None and count <= MOST_BARS else []
    words += [f"{gpu.power_w:.0f} W"] if gpu.power_w is not None and count <= MOST_BARS else []
    label, text = "gpu" if count == 1 else _("gpu {number}").format(number=number), "  ".join(words)
    return _gauge(label, (gpu.percent or 0.0) / 100, text, history) if count <= MOST_BARS else _cell(label, text)


def flow(cells: Sequence[Content], width: int) -> list[Content]:
    """The cells in lines of at most `width`, as many in each as fit."""
    lines: list[list[Content]] = []
    room = 0
    for cell in cells:
        if not lines or room < cell.cell_length + APART:
            lines.append([])
            room = width + APART
        lines[-1].append(cell)
        room -= cell.cell_length + APART
    return [_row(line, width) for line in lines]


def _row(cells: Sequence[Content], width: int) -> Content:
    return Content(" " * APART).join(cells).truncate(width, ellipsis=True)


def _cell(label: str, words: str) -> Content:
    return Content.assemble((label, "$foreground-muted"), " ", words)


def _trend(label: str, words: str, history: Sequence[float | None]) -> Content:
    """The last minute, to scale with its greatest, where no whole is known."""
    drawn = Content.styled(f"{spark(history, 2 * BAR).lstrip()} " if len(history) >= BAR else "", "$secondary")
    return Content.assemble((label, "$foreground-muted"), " ", drawn, words)


def _gauge(label: str, part: float, words: str, history: Sequence[float | None] = ()) -> Content:
    """A bar; the last minute instead, once there is one."""
    drawn = bar(part, BAR, "$secondary")
    if len(history) >= BAR:
        drawn = Content.styled(spark(history, 2 * BAR, 100.0).lstrip(), "$secondary")
    return Content.assemble((label, "$foreground-muted"), " ", drawn, " ", words)
