"""What `bundle.json` may say, and that nothing in it is believed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from installer.bundles import manifest
from installer.bundles.manifest import Bundle, Entry, Member, Part
from installer.core.errors import UsageError

_HASH = "0" * 64


def _bundle(**more: Any) -> Bundle:
    values: dict[str, Any] = {
        "name": "mini", "made": "2026-11-29", "tool": "0.1.0", "recipe": "schema: 1\n", "machine": {"name": "pod"},
        "python": "3.11", "platform": "x86_64-manylinux_2_36", **more,
    }  # fmt: skip
    return Bundle(**values)


def _said(bundle: Bundle) -> str:
    with pytest.raises(UsageError) as refused:
        manifest.parse(bundle.to_json(), "bundle.json")
    return refused.value.why


def test_what_is_written_is_read_back() -> None:
    made = _bundle(members=(Member("wheels/a.whl", 3, _HASH, "wheel"),), notes=("One.",), reuse={"torch": "2.11.0"})
    signed = manifest.signed(made)
    assert replace(signed, digest="") == made
    assert signed.id.startswith("mini-") and len(signed.digest) == 64


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../../etc/passwd", "outside the bundle"),
        ("wheels/../../x", "outside the bundle"),
        ("/etc/passwd", "absolute"),
        ("wheels//x", "outside the bundle"),
        ("./x", "outside the bundle"),
        ("", "no usable name"),
        ("a\\b", "no usable name"),
        ("a\nb", "no usable name"),
        ("x" * 500, "no usable name"),
    ],
    ids=lambda word: word[:20].encode("unicode_escape").decode(),
)
def test_a_member_stays_inside(path: str, why: str) -> None:
    assert why in _said(_bundle(members=(Member(path, 1, _HASH, "wheel"),)))


@pytest.mark.parametrize("count", [-1, 2**60, 2**43 + 1])
def test_a_size_must_be_possible(count: int) -> None:
    assert "is said to have" in _said(_bundle(members=(Member("a", count, _HASH, "wheel"),)))


def test_a_file_is_no_folder_of_others() -> None:
    members = (Member("a", 1, _HASH, "wheel"), Member("a/b", 1, _HASH, "wheel"))
    assert "folder of others" in _said(_bundle(members=members))


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ((Entry("a", 0, 9),), "come to 9 bytes of 10"),
        ((Entry("a", 0, 5, True), Entry("a", 6, 4, True)), "leave a gap or overlap"),
        ((Entry("a", 0, 6, True), Entry("a", 5, 5, True)), "leave a gap or overlap"),
        ((Entry("a", 0, 10), Entry("b", 0, 1)), "is not a member"),
        ((Entry("a", 0, 10, True),), "in a way that does not match"),
        ((Entry("a", 0, 6), Entry("a", 6, 4)), "in a way that does not match"),
        ((Entry("a", 0, 10_000),), "more than its own size"),
    ],
)
def test_slices_add_up(entries: tuple[Entry, ...], why: str) -> None:
    parts = (Part("part-000.tar", 2048, _HASH, entries),)
    assert why in _said(_bundle(members=(Member("a", 10, _HASH, "wheel"),), parts=parts))


@pytest.mark.parametrize("name", ["../x", "a/b", ""])
def test_a_bundle_and_its_parts_have_plain_names(name: str) -> None:
    assert "name" in _said(_bundle(name=name))
    assert "name" in _said(_bundle(parts=(Part(name, 1024, _HASH, ()),)))


def test_every_changed_character_is_noticed() -> None:
    text = manifest.signed(_bundle(members=(Member("wheels/a.whl", 3, _HASH, "wheel"),))).to_json()
    for place in range(len(text)):
        changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        try:
            found = manifest.parse(changed, "bundle.json")
        except UsageError:
            continue
        assert json.loads(found.to_json()) == json.loads(text), (place, text[place])  # blanks say nothing


_OTHERS = {
    "": "",
    "list": "[]",
    "object": "{}",
    "null": "null",
    "deep": "[" * 100_000,
    "newer": '{"schema": 9, "members": [], "digest": ""}',
}


@pytest.mark.parametrize("text", _OTHERS.values(), ids=_OTHERS)
def test_something_else_is_no_bundle(text: str) -> None:
    with pytest.raises(UsageError):
        manifest.parse(text, "bundle.json")
