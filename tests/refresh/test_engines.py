"""Deriving shipped knowledge from wheels in a folder: what a small index comes to, and what a further release adds."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.packages.sources import Sources
from installer.core.plans.flag import Flag
from installer.core.plans.stack import EngineFacts
from installer.host.local import LocalHost
from installer.knowledge.engines import tables
from installer.packages.releases import Listings, package_sources
from installer.refresh.engines import Releases
from installer.refresh.run import Prefetched, Run
from tests.stand_ins import wheels

ARGS = 'class S:\n    def add_cli_args(parser):\n        parser.add_argument("--{}", type=int)\n'


def build(shelf: Path, version: str, flag: str) -> None:
    more = {
        "sglang/srt/server_args.py": ARGS.format(flag).encode(),
        "sglang/launch_server.py": b"import orjson\n",
        "sglang/srt/models/a.py": b"class AForCausalLM: ...\nEntryClass = AForCausalLM\n",
    }
    wheels.build(shelf, "sglang", version, ["torch==2.0"], more=more)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


def run_over(shelf: Path, tmp_path: Path) -> Run:
    """A run with a listing of its own, as a listing is kept for ten minutes."""
    number = len(list(tmp_path.glob("listings-*")))
    host = LocalHost(tmp_path / "cache")
    found = package_sources(Sources(find_links=(str(shelf),), no_index=True), {})
    listings = tmp_path / f"listings-{number}"
    listings.mkdir()
    return Run(host, Listings(host, found, listings), tmp_path / "out")


def test_releases_of_an_engine_become_one_small_file(shelf: Path, tmp_path: Path) -> None:
    build(shelf, "1.0", "old-size")
    build(shelf, "1.1", "new-size")
    wheels.build(shelf, "sglang", "0.1")

    said = list(Releases("sglang").refresh(run_over(shelf, tmp_path)))
    assert said == [
        "sglang 1.0: flags +1 (--old-size); architectures +1 (AForCausalLM); requirements +1 (torch==2.0)",
        "sglang 1.1: flags +1 (--new-size), -1 (--old-size)",
        "sglang 0.1: its wheel says nothing of what is looked for",
    ]

    document = tables.parse((tmp_path / "out/engines/sglang.yaml").read_text())
    first, second = (tables.engine_of(document, "sglang", version, "here") for version in ("1.0", "1.1"))
    assert first is not None
    assert second is not None
    assert [flag.names for flag in first.flags] == [("--old-size",)]
    assert [flag.names for flag in second.flags] == [("--new-size",)]
    assert first.architectures == second.architectures == {"AForCausalLM"}
    assert first.imports == {"orjson"}
    assert first.requires == ("torch==2.0",)


def test_only_a_new_release_is_read_and_the_others_stay(shelf: Path, tmp_path: Path) -> None:
    build(shelf, "1.0", "old-size")
    wheels.build(shelf, "sglang", "0.1")
    list(Releases("sglang").refresh(run_over(shelf, tmp_path)))
    assert list(Releases("sglang").refresh(run_over(shelf, tmp_path))) == [], (
        "what cannot be read is not tried for ever"
    )

    for old in shelf.glob("sglang-1.0-*.whl"):
        old.write_bytes(b"no wheel any more: whoever reads it fails")
    build(shelf, "1.1", "new-size")
    said = list(Releases("sglang").refresh(run_over(shelf, tmp_path)))
    assert [line.partition(":")[0] for line in said] == ["sglang 1.1"]
    document = tables.parse((tmp_path / "out/engines/sglang.yaml").read_text())
    assert [row[0] for row in document["releases"]] == ["1.0", "1.1"]
    kept = tables.engine_of(document, "sglang", "1.0", "here")
    assert kept is not None
    assert [flag.names for flag in kept.flags] == [("--old-size",)]


def test_a_wheel_is_read_in_one_go(shelf: Path, tmp_path: Path) -> None:
    build(shelf, "1.0", "size")
    run = run_over(shelf, tmp_path)
    archive = run.archive(run.released("sglang")[0])
    assert archive is not None
    asked: list[int] = []
    read_many = archive.read_many
    archive.read_many = lambda members: asked.append(len(members)) or read_many(members)  # type: ignore[method-assign,func-returns-value]
    wheel = Prefetched(archive)
    assert wheel.complete
    assert wheel.read_many(["sglang/launch_server.py"]) == {"sglang/launch_server.py": b"import orjson\n"}
    assert len(asked) == 1


def test_what_is_written_does_not_depend_on_the_order_in_which_it_was_read() -> None:
    """Else each refresh would number the lists of words anew, and nobody could read its diff."""
    flags = [Flag((f"--{name}",), True, "str", (f"{name}-a", "b")) for name in ("one", "two", "three")]

    def text(*releases: list[Flag]) -> str:
        facts = [EngineFacts("vllm", f"1.{number}", "", flags=tuple(has)) for number, has in enumerate(releases)]
        return tables.text_of(tables.engine_document(facts, {}), "")

    first = text(flags[:2], flags)
    assert text(flags[1::-1], flags[::-1]) == first
    document = tables.parse(first)
    again = [tables.engine_of(document, "vllm", row[0], "") for row in document["releases"]]
    assert tables.text_of(tables.engine_document([one for one in again if one], {}), "") == first
    later = tables.parse(text(flags[:2], flags, [Flag(("--a",), True, "str", ("c",)), *flags]))
    assert later["choices"][:3] == document["choices"]
