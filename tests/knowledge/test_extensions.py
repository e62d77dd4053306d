"""The tables of compiled packages: every row says where it comes from, and the derived ones agree with their origin."""

from __future__ import annotations

from datetime import date

import pytest

from installer.knowledge import extensions, kernels, tables
from installer.knowledge.versions import fits


@pytest.mark.parametrize("table", ["extensions", "kernels"])
def test_every_row_has_a_source_and_a_date(table: str) -> None:
    document = tables.table(table)
    rows = [row for name, part in document.items() if name != "sources" for row in part]
    assert rows
    for row in rows:
        assert row["source"] in document["sources"], row
        assert date.fromisoformat(row["checked"]) <= date(2100, 1, 1)
    used = {row["source"] for row in rows}
    assert set(document["sources"]) == used


def test_rows_of_kernels_are_complete_and_in_order() -> None:
    found = kernels.rows()
    assert len({(row.package, row.version) for row in found}) == len(found)
    assert {"sgl-kernel", "sglang-kernel", "vllm"} <= kernels.packages()
    turing = kernels.row("sgl-kernel", "0.1.9")
    assert turing is not None and turing.torch == ("2.7",) and turing.binaries[0].elf == (75, 80, 89, 90)
    newest = kernels.row("sglang-kernel", "0.4.10")
    assert newest is not None and newest.cuda == "13" and newest.binaries[0].specific == (120,)


def test_a_release_between_two_pinned_ones() -> None:
    between = kernels.built_for("sgl-kernel", "0.3.18")
    assert between is not None and between.torch == ("2.8", "2.9")
    assert kernels.built_for("sgl-kernel", "0.3.16") == kernels.built_for("sgl-kernel", "0.3.16.post1")
    assert kernels.built_for("sgl-kernel", "99.0") is None
    assert kernels.built_for("nothing", "1.0") is None
    assert kernels.built_for("sgl-kernel", "no version") is None


def test_floors() -> None:
    floor = extensions.torch_floor("torchao", "0.13.0")
    assert floor is not None and fits("2.6.0", f">={floor.needs}")
    assert extensions.torch_floor("torchao", "0.12.0") is None
    compute = extensions.compute_floor("flashinfer-python")
    assert compute is not None and compute.needs == "8.0"
    assert extensions.uses_stable_abi("torchvision", "0.29.1") and not extensions.uses_stable_abi(
        "torchvision", "0.28.0"
    )
