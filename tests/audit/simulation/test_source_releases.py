"""Source code by its tag is that release; newer code asks for no older Python than the newest release."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from installer.audit.simulation import deleted_releases, installing, pythons
from installer.audit.simulation.unreleased_source import _tag
from installer.core.plans.procedure import Install
from installer.core.plans.stack import Release


@pytest.mark.parametrize(
    ("address", "release"),
    [
        ("git+https://github.com/vllm-project/vllm.git@v0.12.0", "0.12.0"),
        ("git+https://github.com/sgl-project/sglang.git@v0.5.2#subdirectory=python", "0.5.2"),
        ("git+https://github.com/vllm-project/vllm@releases/v0.8.5", "0.8.5"),
        ("https://github.com/vllm-project/vllm/archive/refs/tags/v0.6.3.post1.tar.gz", "0.6.3.post1"),
        ("git+https://github.com/vllm-project/vllm.git@main", ""),
        ("git+https://github.com/vllm-project/vllm.git@1a2b3c4", ""),
        ("git+https://github.com/vllm-project/vllm.git", ""),
    ],
)
def test_the_release_that_an_address_names(address: str, release: str) -> None:
    assert _tag(address) == release


@pytest.mark.parametrize(
    ("python", "exactly", "refused"),
    [("3.9", True, True), ("3.9", False, True), ("3.12", True, False), ("3.14", True, True), ("3.14", False, False)],
)
def test_whether_it_is_for_this_python(python: str, exactly: bool, refused: bool) -> None:
    said: list[str] = []
    course = SimpleNamespace(
        reader=SimpleNamespace(python=python), fails=lambda *_: None, found=lambda *text: said.append(text[3])
    )
    release = Release("0.12.0", "2025-12-03", "<3.14,>=3.10")
    assert pythons.of_source(course, Install(7, 2), "vllm", release, exactly=exactly) is refused  # type: ignore[arg-type]
    assert bool(said) is refused


def test_a_yanked_release_that_is_pinned_exactly_is_taken_by_pip() -> None:
    said = (
        "Because transformers==4.57.0 was yanked (reason: setup) and sglang==0.5.3 depends on\n transformers==4.57.0, "
        "we can conclude that sglang==0.5.3 cannot be used."
    )
    assert installing._withdrawn(said, ()) == ("transformers==4.57.0",)
    assert not installing._withdrawn(said, ("transformers==4.57.0",))
    assert not installing._withdrawn(
        said.replace("depends on\n transformers==4.57.0", "depends on transformers>=4.57.0"), ()
    )


@pytest.mark.parametrize(
    ("as_of", "day", "early"),
    [(None, "", False), ("2024-08-20", "2024-08-05", True), ("2026-01-20", "2024-08-05", False),
     ("2024-08-20", "", True), (date.today().isoformat(), "", False)],
)  # fmt: skip
def test_what_was_deleted_since_may_have_been_there_on_an_earlier_day(as_of: str | None, day: str, early: bool) -> None:
    assert deleted_releases._is_early(as_of, day) is early
