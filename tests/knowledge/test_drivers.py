"""What drivers serve, by the table."""

from __future__ import annotations

import re
from datetime import date

import pytest

from installer.knowledge import drivers, tables


@pytest.mark.parametrize(
    ("driver", "cuda", "answer"),
    [
        ("470.256.02", "12.6", drivers.TOO_OLD),
        ("525.60.13", "12.0", drivers.SERVES),
        ("535.104.05", "12.4", drivers.LIMITED),
        ("550.54.14", "12.4", drivers.SERVES),
        ("550.127.05", "13.0", drivers.TOO_OLD),
        ("579.99", "13.0", drivers.TOO_OLD),
        ("580.159.04", "13.0", drivers.SERVES),
        ("580.159.04", "13.2", drivers.LIMITED),
        ("580.159.04", "12.8", drivers.SERVES),
        ("580.159.04", "12.7", drivers.SERVES),
        ("580.159.04", "13.9", drivers.UNKNOWN),
        ("999.1", "14.0", drivers.UNKNOWN),
        ("", "12.4", drivers.UNKNOWN),
    ],
)
def test_a_driver_against_a_cuda(driver: str, cuda: str, answer: str) -> None:
    assert drivers.compatibility(driver, cuda) == answer


@pytest.mark.parametrize(
    ("driver", "cuda"), [("580.159.04", "13.0"), ("550.127.05", "12.4"), ("570.26", "12.8"), ("470.1", None)]
)
def test_the_highest_cuda_of_a_driver(driver: str, cuda: str | None) -> None:
    assert drivers.highest_cuda(driver) == cuda


def test_the_families_that_a_driver_runs() -> None:
    assert [row.cuda for row in drivers.served("595.45.04")] == ["13", "12"]
    assert [row.cuda for row in drivers.served("550.127.05")] == ["12"]
    assert drivers.served("470.256.02") == []


@pytest.mark.parametrize(
    ("capability", "name"),
    [("7.5", "Turing"), ("8.6", "Ampere"), ("8.9", "Ada"), ("9.0", "Hopper"), ("10.3", "Blackwell Ultra"),
     ("12.1", "Blackwell")],
)  # fmt: skip
def test_the_generation_of_a_gpu(capability: str, name: str) -> None:
    found = drivers.architecture(capability)

    assert found is not None
    assert found.name == name


def test_a_gpu_from_before_the_table_is_unknown() -> None:
    assert drivers.architecture("3.5") is None


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("NVML Shared Library Not Found", "--gpus all"),
        ("Driver/library version mismatch", "Restart the machine"),
        ("RM has detected an NVML/RM version mismatch.", "Restart the machine"),
        ("Driver Not Loaded", "modprobe"),
        ("Unknown Error", "Restart the container"),
        ("The operating system has blocked the request.", "Restart the container"),
        ("GPU is lost", "Xid"),
        ("NVML did not answer within 30 s", "Xid"),
    ],
)
def test_what_an_nvml_error_means(message: str, word: str) -> None:
    found = drivers.trouble(message)

    assert found is not None
    assert word in found.fix


def test_an_error_that_nobody_knows() -> None:
    assert drivers.trouble("The flux compensator is warm") is None


def test_every_row_says_where_it_comes_from_and_when_it_was_checked() -> None:
    table = tables.table("drivers")
    rows = [row for name in ("families", "toolkits", "architectures", "nvml_errors") for row in table[name]]

    assert all(row["source"] in table["sources"] for row in rows)
    assert all(source.startswith("https://") for source in table["sources"].values())
    assert all(date.fromisoformat(row["checked"]) for row in rows)
    assert all(re.fullmatch(r"\d+(\.\d+)*", row["driver"]) for row in rows if "driver" in row)


def test_rows_go_upwards() -> None:
    for rows in (drivers.families(), drivers.toolkits()):
        assert [row.cuda for row in rows] == sorted((row.cuda for row in rows), key=drivers.numbers)
        assert [row.driver for row in rows] == sorted((row.driver for row in rows), key=drivers.numbers)
