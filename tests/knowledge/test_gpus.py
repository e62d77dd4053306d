"""What the name of a GPU tells."""

from __future__ import annotations

import pytest

from installer.core.machine.facts import Gpu
from installer.knowledge import gpus


@pytest.mark.parametrize(
    ("name", "capability"),
    [("NVIDIA A40", "8.6"), ("Tesla T4", "7.5"), ("NVIDIA GeForce RTX 5090", "12.0"), ("NVIDIA H200", "9.0"),
     ("NVIDIA H100 80GB HBM3", "9.0"), ("NVIDIA L40S", "8.9"), ("NVIDIA L4", "8.9"), ("NVIDIA A100-SXM4-80GB", "8.0"),
     ("NVIDIA A10G", "8.6"), ("Tesla V100-SXM2-16GB", "7.0"), ("NVIDIA B200", "10.0"), ("NVIDIA GB300", "10.3"),
     ("NVIDIA GB10", "12.1"), ("NVIDIA GH200 480GB", "9.0"), ("NVIDIA H20", "9.0"),
     ("NVIDIA GeForce RTX 2080 Ti", "7.5"),
     ("NVIDIA GeForce RTX 4090 Laptop GPU", "8.9"), ("NVIDIA RTX A6000", "8.6"), ("NVIDIA GeForce RTX 3090", "8.6")],
)  # fmt: skip
def test_the_compute_capability_of_a_name(name: str, capability: str) -> None:
    found = gpus.by_name(name)

    assert found is not None
    assert found.compute_capability == capability


@pytest.mark.parametrize(
    ("name", "capability"),
    [("Quadro RTX 4000", "7.5"), ("NVIDIA RTX 4000 Ada Generation", "8.9"), ("NVIDIA RTX PRO 4000 Blackwell", "12.0"),
     ("Quadro RTX 6000", "7.5"), ("NVIDIA RTX 6000 Ada Generation", "8.9"),
     ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "12.0")],
)  # fmt: skip
def test_names_that_are_used_again(name: str, capability: str) -> None:
    found = gpus.by_name(name)

    assert found is not None
    assert found.compute_capability == capability


def test_a_name_that_no_row_fits_is_unknown() -> None:
    assert gpus.by_name("AMD Instinct MI300X") is None
    assert gpus.capability(Gpu("Voodoo 2")) is None


def test_what_was_measured_wins() -> None:
    assert gpus.completed(Gpu("NVIDIA A40", "8.6", 12345)).memory_mib == 12345
    assert gpus.completed(Gpu("NVIDIA A40")) == Gpu("NVIDIA A40", "8.6", 46068)


def test_a_name_sold_with_two_sizes_does_not_tell_which() -> None:
    assert gpus.completed(Gpu("NVIDIA A100")).memory_mib is None
    assert gpus.completed(Gpu("NVIDIA A100-PCIE-40GB")).memory_mib == 40960
    assert gpus.capability(Gpu("NVIDIA A100")) == 80
