"""Which GPUs of a server the driver has given up."""

from __future__ import annotations

import sys

import pytest

from installer.host import gpu, lost_gpus
from tests.stand_ins.nvml import Card, Nvml


@pytest.mark.parametrize(
    ("visible", "lost"),
    [
        (None, ("GPU 1: GPU is lost",)),
        ("0", ()),
        ("0, 1", ("GPU 1: GPU is lost",)),
        ("GPU-aaa", ()),
        ("GPU-bbb", ("GPU 1: GPU is lost",)),  # a lost GPU does not tell its UUID, and no other has this one
        ("", ()),
    ],
)
def test_only_gpus_of_the_server_count(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, lost: tuple[str, ...]
) -> None:
    cards = [Card("NVIDIA L4", "GPU-aaa-0", 24 << 30), Card("NVIDIA L4", "GPU-bbb-1", 24 << 30, given_up=15)]
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(cards))
    monkeypatch.setattr(gpu, "hinted", lambda root: True)
    assert lost_gpus.lost(visible) == lost


def test_without_a_driver_nothing_is_called_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setattr(gpu, "hinted", lambda root: True)
    assert lost_gpus.lost(None) == ()
