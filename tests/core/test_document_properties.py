"""Whatever stands in a file of ours: it is read as YAML reads it, or refused with a line; nothing else comes out."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from installer.core.errors import UsageError
from installer.core.files import document
from installer.core.files.document import Items, Leaf, Table, Tree

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
)
KEYS = st.text("abcdefgh_-0", min_size=1, max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
PIECES = st.sampled_from(
    [*"{}[]:,-#&*!|>%@`'\"?\n \t", "a", "1", "~", "<<: *a", "---", "...", "&a", "\u2028", "é", "0x1", "- - -", "? "]
)


def plain(tree: Tree) -> object:
    match tree:
        case Leaf():
            return tree.value
        case Items():
            return [plain(one) for one in tree.items]
        case Table():
            return {key: plain(one) for key, one in tree.entries.items()}


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_what_yaml_writes_is_read_as_it_was(values: dict[str, object]) -> None:
    text = yaml.safe_dump(values, allow_unicode=True)
    assert plain(document.parse(text, "here")) == yaml.safe_load(text) == values


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=40))
def test_anything_else_is_read_or_refused(text: str) -> None:
    try:
        document.parse(text, "here")
    except UsageError as refused:
        assert str(refused)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        document.parse(document.decode(data, "here"), "here")
    except UsageError as refused:
        assert str(refused)
