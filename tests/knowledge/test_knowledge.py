"""Every knowledge file keeps to its schema, and every row says where it comes from and when that was checked.

The schema is data itself (installer/knowledge/schema.yaml). What breaks it is shown to be found by the tests below.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "installer" / "knowledge"
FILES = sorted(
    path.relative_to(FOLDER).with_suffix("").as_posix()
    for path in FOLDER.rglob("*.yaml")
    if not path.name.endswith(".engine.yaml")  # read into a dataclass: tests/knowledge/engines/test_definitions.py
)
OWN = ("source", "sources", "checked")


def document(name: str) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read: dict[str, Any] = yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), loader)
    return read


def schema_of(name: str) -> Mapping[str, Any] | None:
    files: Mapping[str, Any] = document("schema")["files"]
    return next((rules for pattern, rules in files.items() if fnmatchcase(name, pattern)), None)


def problems(name: str, held: Mapping[str, Any], today: date) -> Iterator[str]:
    """What is wrong with a file, in words."""
    rules = schema_of(name)
    if rules is None:
        yield f"{name}: no schema"
        return
    header = bool(rules.get("header"))
    if header:
        yield from _origin(name, held, held.get("sources", {}), today)
    if rules.get("derived"):
        return
    for section, value in held.items():
        if section in ("sources", *rules.get("terms", ()), *(OWN if header else ())):
            continue
        if section not in rules:
            yield f"{name}: unknown section {section}"
            continue
        yield from _section(f"{name}.{section}", value, rules[section], held.get("sources", {}), today, header)


def _section(
    where: str,
    value: Any,
    rules: Mapping[str, Any],
    sources: Mapping[str, str],
    today: date,
    header: bool,
) -> Iterator[str]:
    rows = value if isinstance(value, list) else [value]
    seen: dict[str, int] = {}
    for number, row in enumerate(rows):
        place = f"{where}[{number}]" if isinstance(value, list) else where
        if not isinstance(row, dict):
            yield f"{place}: not a row"
            continue
        if not header:
            yield from _origin(place, row, sources, today)
        yield from _fields(place, row, rules["fields"])
        if "key" in rules:
            identity = str([row.get(field) for field in rules["key"]])
            if identity in seen:
                yield f"{place}: says the same as row {seen[identity]}"
            seen[identity] = number


def _fields(place: str, row: Mapping[str, Any], fields: Mapping[str, str]) -> Iterator[str]:
    yield from (f"{place}: unknown key {key}" for key in row if key not in fields and key not in OWN)
    for key, kind in fields.items():
        if key not in row:
            if not kind.endswith("?"):
                yield f"{place}: {key} is missing"
        elif not any(_is(row[key], one) for one in kind.rstrip("?").split("|")):
            yield f"{place}: {key} is no {kind.rstrip('?')}"


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "text":
            return isinstance(value, str) and bool(value.strip())
        case "flag":
            return isinstance(value, bool)
        case "whole":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "map":
            return isinstance(value, dict) and bool(value)
        case "texts" | "wholes":
            return isinstance(value, list) and all(_is(one, kind[:-1]) for one in value)
        case "rows":
            return isinstance(value, list) and all(isinstance(one, dict) for one in value)
    return kind == "any"


def _origin(place: str, row: Mapping[str, Any], sources: Mapping[str, str], today: date) -> Iterator[str]:
    named = row["sources"] if isinstance(row.get("sources"), list) else [row.get("source")]
    if not named or not all(isinstance(source, str) and source.strip() for source in named):
        yield f"{place}: no source"
    for source in named:
        # A key of the file's sources, an address or a thread (owner/name#1), or words where a derived file says how.
        if isinstance(source, str) and source not in sources and not re.search(r"://|/.+#\d|\s", source):
            yield f"{place}: the source {source} is not among the sources"
    try:
        if date.fromisoformat(str(row.get("checked"))) > today:
            yield f"{place}: checked in the future"
    except ValueError:
        yield f"{place}: no date"


def test_there_is_knowledge() -> None:
    assert {"drivers", "gpus", "torch", "models", "tokenizers", "indexes", "images", "engines/vllm"} <= set(FILES)


@pytest.mark.parametrize("name", [name for name in FILES if name != "schema"])
def test_a_file_keeps_to_its_schema(name: str) -> None:
    assert list(problems(name, document(name), date.today())) == []


def test_the_schema_describes_files_that_are_there() -> None:
    patterns = list(document("schema")["files"])

    assert [pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in FILES)] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": None}, "no source"),
        ({"source": "nowhere"}, "not among the sources"),
        ({"checked": None}, "no date"),
        ({"checked": "yesterday"}, "no date"),
        ({"checked": "2999-01-01"}, "in the future"),
        ({"wattage": 300}, "unknown key wattage"),
        ({"compute_capability": 8.6}, "compute_capability is no text"),
        ({"compute_capability": None}, "compute_capability is no text"),
    ],
)
def test_a_broken_row_is_found(change: dict[str, Any], words: str) -> None:
    broken = copy.deepcopy(document("gpus"))
    broken["gpus"][3].update(change)

    found = list(problems("gpus", broken, date.today()))

    assert [problem for problem in found if words in problem]
    assert all("gpus[3]" in problem for problem in found)


def test_a_row_twice_a_missing_key_and_an_unknown_section_are_found() -> None:
    broken = copy.deepcopy(document("gpus"))
    broken["gpus"].append(broken["gpus"][0])
    del broken["gpus"][1]["pattern"]
    broken["more"] = []

    found = list(problems("gpus", broken, date.today()))

    assert len(found) == 3
    assert any("says the same as row 0" in problem for problem in found)
    assert any("pattern is missing" in problem for problem in found)
    assert any("unknown section more" in problem for problem in found)


def test_a_derived_file_without_its_header_is_found() -> None:
    assert list(problems("engines/vllm", {"checked": "2026-11-21"}, date.today()))
    assert list(problems("engines/vllm", {"source": "wheels of vllm"}, date.today()))


def test_a_file_that_no_schema_describes_is_found() -> None:
    assert list(problems("rumours", {}, date.today())) == ["rumours: no schema"]


@pytest.mark.parametrize("name", ["gpus", "images", "indexes"])
def test_patterns_are_patterns(name: str) -> None:
    for row in document(name)[name]:
        for key in ("pattern", "not", "repository", "only"):
            re.compile(row.get(key, ""))
        for tag in row.get("tags", ()):
            re.compile(tag)


def test_the_index_of_torch_and_its_builds_agree() -> None:
    listed = document("indexes")["indexes"][0]["holds"][0]["versions"]
    builds = {(row["torch"], row["variant"]) for row in document("torch")["builds"]}
    oldest = min(tuple(map(int, minor.split("."))) for minor, _ in builds)

    held = {(version.rpartition(".")[0], variant) for variant, versions in listed.items() for version in versions}
    comparable = {one for one in held if one[1] != "cpu" and tuple(map(int, one[0].split("."))) >= oldest}

    assert comparable == builds


def test_quantization_floors_are_in_the_order_of_releases() -> None:
    from packaging.version import Version

    table = document("loaders")
    for row in [*table["methods"], *table["schemes"]]:
        versions = [Version(version) for version in row.get("floors", {})]
        assert versions == sorted(versions)
        assert all(floor == 0 or 50 <= floor <= 130 for floor in row.get("floors", {}).values())
