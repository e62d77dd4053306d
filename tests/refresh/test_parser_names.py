"""Which parsers a release has, out of wheels in a folder: both layouts, and what a further release adds."""

from __future__ import annotations

from pathlib import Path

from installer.core.packages.sources import Sources
from installer.host.local import LocalHost
from installer.knowledge.engines import parser_names, tables
from installer.knowledge.engines.definitions import engines
from installer.knowledge.tables import table
from installer.packages.releases import Listings, package_sources
from installer.refresh.parser_names import ParserNames
from installer.refresh.run import Run
from tests.stand_ins import wheels
from tests.stand_ins.members import Members

SGLANG_TOOLS = "class FunctionCallParser:\n    ToolCallParserEnum: dict = {{{}}}\n"
SGLANG_THOUGHTS = "class ReasoningParser:\n    DetectorMap: dict = {'qwen3': None}\n"


def build(shelf: Path, version: str, *tools: str) -> None:
    names = ", ".join(f"'{name}': None" for name in tools)
    more = {
        "sglang/srt/function_call/function_call_parser.py": SGLANG_TOOLS.format(names).encode(),
        "sglang/srt/parser/reasoning_parser.py": SGLANG_THOUGHTS.encode(),
    }
    wheels.build(shelf, "sglang", version, more=more)


def refreshed(shelf: Path, out: Path) -> tuple[list[str], tables.Document]:
    number = len(list(out.glob("listings-*")))
    listings = out / f"listings-{number}"
    listings.mkdir(parents=True)
    shelves = package_sources(Sources(find_links=(str(shelf),), no_index=True), {})
    run = Run(LocalHost(out / "cache"), Listings(LocalHost(out), shelves, listings), out)
    said = list(ParserNames().refresh(run))
    return said, tables.parse((out / "parser_names.yaml").read_text())["engines"]["sglang"]


def test_names_by_release_and_what_a_new_one_adds(tmp_path: Path) -> None:
    shelf, out = tmp_path / "shelf", tmp_path / "out"
    build(shelf, "1.0", "old", "kept")
    wheels.build(shelf, "sglang", "0.9")
    said, first = refreshed(shelf, out)

    assert said == ["sglang: parsers of 1 more releases"]
    assert (first["releases"], first["unread"]) == (["1.0"], ["0.9"])

    build(shelf, "1.1", "kept", "new")
    _, second = refreshed(shelf, out)

    assert second["releases"] == ["1.0", "1.1"]
    assert second["tool"] == {"kept": "1.0..", "new": "1.1..", "old": "1.0"}
    assert second["reasoning"] == {"qwen3": "1.0.."}
    assert second["unread"] == ["0.9"]


def test_vllm_lists_them_in_a_table_of_its_own() -> None:
    wheel = Members({
        "vllm/tool_parsers/__init__.py": "_TOOL_PARSERS_TO_REGISTER = {'hermes': ('a', 'B')}",
        "vllm/reasoning/__init__.py": "_REASONING_PARSERS_TO_REGISTER = {'qwen3': ('a', 'B')}",
    })  # fmt: skip

    assert parser_names.in_wheel(engines()["vllm"], wheel) == {"tool": {"hermes"}, "reasoning": {"qwen3"}}
    assert parser_names.in_wheel(engines()["vllm"], Members({"vllm/__init__.py": ""})) == {}


def test_a_release_that_was_not_read_is_not_known() -> None:
    assert parser_names.known("vllm", "0.33.0", "tool") is not None
    assert parser_names.known("vllm", "0.0.1", "tool") is None
    assert parser_names.known("tgi", "1.0", "tool") is None


def test_every_parser_of_a_family_is_one_that_some_release_has() -> None:
    document = table("parser_names")["engines"]
    for row in table("parsers")["families"]:
        for kind in ("tool", "reasoning"):
            for engine, names in row.get(kind, {}).items():
                assert set(names) <= set(document[engine][kind]), row
