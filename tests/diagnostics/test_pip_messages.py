"""Why pip found nothing, by its lists: another Python, another index, a release that is none, a contradiction."""

from __future__ import annotations

import pytest

from installer.diagnostics import pip_conflict, pip_listing

LISTED = (
    "Ignored the following versions that require a different python version: "
    "0.9.0 Requires-Python >=3.9,<3.13; 0.9.1 Requires-Python >=3.9,<3.13\n"
    "Could not find a version that satisfies the requirement {} (from versions: 0.1.0, 0.1.1)"
)
WHY = (pip_listing.other_python, pip_listing.other_index, pip_listing.beyond, pip_listing.between)


@pytest.mark.parametrize(
    ("wanted", "why", "says"),
    [
        ("vllm==0.9.1", pip_listing.other_python, {"version": "0.9.1", "python": ">=3.9,<3.13"}),
        ("vllm>=0.9", pip_listing.other_python, {"version": "0.9.1"}),
        ("vllm==0.1.1+cu118", pip_listing.other_index, {"version": "0.1.1", "build": "cu118"}),
        ("vllm==9.9", pip_listing.beyond, {"version": "9.9", "newest": "0.1.1"}),
        ("vllm[audio]==9.9", pip_listing.beyond, {"name": "vllm"}),
        ("vllm==0.1.0.5", pip_listing.between, {"near": "0.1.0, 0.1.1"}),
        ("vllm==0.0.1", pip_listing.between, {"near": "0.1.0"}),
    ],
)
def test_one_reason_is_given(wanted: str, why: object, says: dict[str, str]) -> None:
    told = {one: one(LISTED.format(wanted), "", "") for one in WHY}
    assert [one for one, found in told.items() if found] == [why]
    assert says.items() <= next(found for found in told.values() if found).items()


@pytest.mark.parametrize(
    "text",
    [
        LISTED.format("vllm"),
        LISTED.format("vllm>=9"),
        LISTED.format("!!"),
        "Could not find a version that satisfies the requirement vllm==9.9 (from versions: none)",
        "Could not find a version that satisfies the requirement vllm==9.9 (from versions: 0.1 […] 0.2)",
        "something else",
    ],
)
def test_what_the_lists_do_not_show_is_not_said(text: str) -> None:
    assert [one(text, "", "") for one in WHY] == [None] * 4


def test_the_two_that_contradict_each_other_are_named() -> None:
    told = pip_conflict.conflict(
        "Cannot install x because … The user requested (constraint) numpy<3 acme 1.0 depends on numpy>=1.20 "
        "outlines 0.1 depends on lark other[all] 2.0 depends on numpy<1.27 and >=1.26 three 3 depends on numpy==2.1",
        "",
        "",
    )
    assert told is not None
    assert (told["one"], told["first"], told["two"], told["second"]) == (
        "other[all] 2.0",
        "numpy<1.27,>=1.26",
        "three 3",
        "numpy==2.1",
    )


def test_two_spellings_of_a_name_are_one_package() -> None:
    text = "one 1.0 depends on ruamel.yaml<0.17 two 2.0 depends on Ruamel_YAML>=0.18"
    told = pip_conflict.conflict(text, "", "")
    assert told is not None and (told["one"], told["two"]) == ("one 1.0", "two 2.0")


def test_releases_of_one_package_contradict_nobody() -> None:
    text = "one 1.1 depends on gone one 1.0 depends on gone"
    assert pip_conflict.conflict(text, "", "") is None
    assert pip_conflict.missing(text, "", "") == {"name": "gone", "by": "one"}
    assert pip_conflict.missing("one 1.1 depends on gone two 1.0 depends on gone", "", "") is None
