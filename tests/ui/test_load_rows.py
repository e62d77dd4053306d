"""How busy the machine is under its server: the GPUs where there are any, the processors where they do the work."""

from __future__ import annotations

from dataclasses import replace

from installer.core.machine.meters import GpuReading, Reading
from installer.ui.load_rows import load_rows
from tests.ui.replay import EIGHT_GPUS, ONE_GPU

CPU = Reading(cpu_percent=61.4, memory_used=8_100_000_000, memory_total=25_000_000_000)


def shown(*past: Reading) -> list[str]:
    return [f"{row.label.plain}{row.value.plain}" for row in load_rows(past)]


def test_one_row_for_what_works_and_one_for_its_memory() -> None:
    assert shown(CPU) == ["cpu            ▅  61 %", "memory            ▃  8/25 GB"]
    assert [line.split("  ")[0] for line in shown(ONE_GPU)] == ["gpu", "memory"]


def test_each_of_two_gpus_and_all_of_more_together() -> None:
    first, *_more = EIGHT_GPUS.gpus
    two = replace(EIGHT_GPUS, gpus=(first, replace(first, percent=3.0)))
    assert [line.split("  ")[0] for line in shown(two)] == ["gpu 0", "gpu 1", "memory"]
    one_idle = replace(EIGHT_GPUS, gpus=(*EIGHT_GPUS.gpus[1:], replace(first, percent=3.0)))
    assert shown(one_idle)[0].endswith("3–97 %") and shown(one_idle)[1].endswith("568/684 GB")


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    assert [line.split()[-1] for line in shown(Reading(gpus=(GpuReading("A40"),)))] == ["–", "–"]
    assert not shown()
