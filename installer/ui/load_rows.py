"""How busy the machine is under its server, as rows next to what the engine counts. Pure: values in, rows out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from installer.core.text.languages import _
from installer.ui.serving_model import chart, number

if TYPE_CHECKING:
    from installer.core.machine.meters import GpuReading, Reading
    from installer.ui.widgets.sheet import Row

MOST = 2
"""With more GPUs than this, one row tells of all of them."""


def load_rows(past: Sequence[Reading]) -> list[Row]:
    """The last minute of its GPUs; of its processors, where those do the work."""
    if not past:
        return []
    return [*_busy(past), _memory(past)]


def _busy(past: Sequence[Reading]) -> list[Row]:
    gpus = past[-1].gpus
    if not gpus:
        return [chart(_("cpu"), [each.cpu_percent for each in past], number(past[-1].cpu_percent, " %"), 100.0)]
    if len(gpus) > MOST:
        known = [gpu.percent for gpu in gpus if gpu.percent is not None]
        words = f"{number(min(known))}–{number(max(known), ' %')}" if known else number(None)
        return [chart(_("gpus"), [_mean(each.gpus) for each in past], words, 100.0)]
    return [
        chart(
            "gpu" if len(gpus) == 1 else _("gpu {number}").format(number=at),
            [each.gpus[at].percent if at < len(each.gpus) else None for each in past],
            number(gpu.percent, " %"), 100.0,
        )
        for at, gpu in enumerate(gpus)
    ]  # fmt: skip


def _mean(gpus: Sequence[GpuReading]) -> float | None:
    known = [gpu.percent for gpu in gpus if gpu.percent is not None]
    return sum(known) / len(known) if known else None


def _memory(past: Sequence[Reading]) -> Row:
    """Of all GPUs together."""
    shares = [(used, total) if used is not None and total else None for used, total in map(_bytes, past)]
    now = f"{shares[-1][0] / 1e9:,.0f}/{shares[-1][1] / 1e9:,.0f} GB" if shares[-1] else number(None)
    return chart(_("memory"), [share[0] / share[1] if share else None for share in shares], now, 1.0)


def _bytes(reading: Reading) -> tuple[int | None, int | None]:
    """What is used, and the whole."""
    if not reading.gpus:
        return reading.memory_used, reading.memory_total
    used = [gpu.memory_used for gpu in reading.gpus if gpu.memory_used is not None]
    whole = [gpu.memory_total for gpu in reading.gpus if gpu.memory_total is not None]
    known = len(used) == len(whole) == len(reading.gpus)
    return (sum(used), sum(whole)) if known else (None, None)
