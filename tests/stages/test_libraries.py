"""Who brings a shared library, and what is said about one that is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from installer.core.runs.home import Home
from installer.knowledge import tables
from stages import libraries, verification_results

HOME = Home(Path("/h"))


def test_every_row_says_where_it_comes_from_and_when_it_was_checked() -> None:
    table = tables.table("libraries")
    rows = [*table["packages"], *table["driver"]]
    assert all(row["source"] in table["sources"] for row in rows)
    assert all(source.startswith("https://") for source in table["sources"].values())
    assert all(date.fromisoformat(row["checked"]) for row in rows)
    names = [row["library"] for row in rows]
    assert len(set(names)) == len(names) and all(".so" in name for name in names)


def test_what_is_missing_is_asked_for_in_one_command() -> None:
    said = libraries.advice(["libnuma.so.1", "libssl.so.3", "libcrypto.so.3", "libnuma.so.1"])
    assert len(said) == 1 and "apt-get install libnuma1 libssl3 as root" in said[0]


@pytest.mark.parametrize(
    ("library", "word"),
    [
        ("libcuda.so.1", "driver's library"),
        ("libnvidia-anything.so.9", "driver's library"),
        ("libcudart.so.12", "one CUDA"),
        ("libnvrtc.so.13", "one CUDA"),
        ("libcurl.so.4", "holds libcurl.so.4"),
        ("libnobody.so.7", "holds libnobody.so.7"),
    ],
)
def test_each_kind_of_library_has_its_advice(library: str, word: str) -> None:
    assert word in libraries.advice([library])[0]


def test_nothing_missing_needs_no_advice() -> None:
    assert libraries.advice([]) == ()


def test_the_check_and_the_import_that_fail_for_one_reason_get_one_advice() -> None:
    line = "libnuma.so.1, of the Debian package libnuma1, is needed by vllm/_C.abi3.so"
    said = "ImportError: libnuma.so.1: cannot open shared object file: No such file or directory"
    failed = [
        verification_results.Verdict("libraries", "failed", "1", (line,), code="libraries", missing=("libnuma.so.1",)),
        verification_results.Verdict("import vllm", "failed", said, code="import", missing=("libnuma.so.1",)),
    ]
    assert verification_results.fixes(failed, HOME).count("apt-get install libnuma1 ") == 1
    assert "log of stage 9" not in verification_results.fixes(failed, HOME)


def test_other_failures_keep_their_advice() -> None:
    failed = [
        verification_results.Verdict("libraries", "failed", "1", code="libraries", missing=("libnuma.so.1",)),
        verification_results.Verdict("versions", "failed", "1 of 2 packages are not as planned", code="versions"),
    ]
    said = verification_results.fixes(failed, HOME)
    assert "libnuma1" in said and "--stage 3-7" in said
