from __future__ import annotations

import time

import pytest
import yaml

from installer.core.errors import UsageError
from installer.core.files.document import LIMIT_BYTES, Items, Leaf, Table, decode, parse, scalar


def test_everything_knows_its_line() -> None:
    tree = parse('a: 1\nb:\n  - x\n  - "2"\nc:\n  d: >\n    some\n    text\n', "x.yaml")
    assert [str(place) for place in tree.keys.values()] == ["x.yaml:1", "x.yaml:2", "x.yaml:5"]
    items, table = tree.entries["b"], tree.entries["c"]
    assert isinstance(items, Items) and isinstance(table, Table)
    assert [(item.place.line, item.value) for item in items.items if isinstance(item, Leaf)] == [(3, "x"), (4, "2")]
    assert (table.at("d").line, table.entries["d"]) == (6, Leaf(table.at("d"), "some text", "some text\n"))


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("False", False), ("0", 0), ("-7", -7), ("1.50", 1.5),
        ("2e3", "2e3"), ("yes", "yes"), ("on", "on"), ("010", "010"), ("1:30", "1:30"), ("2026-11-21", "2026-11-21"),
        ("0x10", "0x10"), (".inf", ".inf"), ("1_000", "1_000"), ("9" * 30, "9" * 30), ("=", "="),
    ],
)  # fmt: skip
def test_plain_words_are_read_without_guessing(word: str, value: object) -> None:
    assert scalar(word) == value and type(scalar(word)) is type(value)


def test_json_is_a_part_of_it() -> None:
    tree = parse('{"a": "\\u00e9", "b":[1,\n{"c":null}],\t"d": true}', "x.json")
    assert [leaf.value for leaf in tree.entries.values() if isinstance(leaf, Leaf)] == ["é", True]


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter() -> None:
    tree = parse(decode(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "x.yaml"), "x.yaml")
    assert list(tree.entries) == ["a", "b"] and tree.at("b").line == 2


def test_a_large_file_is_refused_by_its_size() -> None:
    with pytest.raises(UsageError, match=r"x\.yaml is not a valid document") as caught:
        decode(b"#" * (LIMIT_BYTES + 1), "x.yaml")
    assert caught.value.why == "x.yaml: this file is larger than 1 MiB"
    assert decode(b"#" * LIMIT_BYTES, "x.yaml")


@pytest.mark.parametrize("bomb", ["- a\n" * 250_000, "[" * 200_000, "a: {" * 100_000, "? " * 100_000])
def test_a_file_that_is_small_but_heavy_is_refused(bomb: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(bomb, "x.yaml")
    assert caught.value.why.startswith("x.yaml:")


@pytest.mark.parametrize("limit", [3, 20, 1000, 10**9])
def test_deep_nesting_is_told_by_us_whatever_limit_the_parser_has(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Shallow(yaml.SafeLoader):
        def fetch_flow_collection_start(self, token: type) -> None:
            if self.flow_level >= limit:
                raise yaml.scanner.ScannerError("while", self.get_mark(), "exceeded maximum depth", self.get_mark())
            super().fetch_flow_collection_start(token)

    monkeypatch.setattr(yaml, "CSafeLoader", Shallow)
    hidden = "name: it's '[[[[[[' \"{{{{{\\\"{{{{{\" # [[[[[[[[[\n"
    told = "this is nested more than 16 levels" if limit > 16 else "this is not YAML: exceeded maximum depth"
    with pytest.raises(UsageError) as caught:
        parse(f"{hidden}a: [1]\nb:\n{'[' * 5000}", "x.yaml")
    assert caught.value.why.startswith(f"x.yaml:4: {told}")


def test_an_anchor_that_nobody_uses_is_harmless() -> None:
    leaf = parse("a: &one 1\n", "x.yaml").entries["a"]
    assert isinstance(leaf, Leaf) and leaf.value == 1


def test_nothing_is_built_that_the_text_asks_for(tmp_path: object) -> None:
    before = time.tzname
    with pytest.raises(UsageError, match="not a valid"):
        parse("!!python/object/apply:time.tzset []", "x.yaml")
    assert time.tzname == before
