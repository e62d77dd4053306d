"""Deriving the shipped knowledge from wheels in a folder: what a small index of two releases comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.packages.sources import Sources
from installer.host.local import LocalHost
from installer.knowledge.engines import tables
from installer.packages.releases import Listings, places
from installer.refresh.derive import Derivation, main
from tests.stand_ins import wheels

ARGS = 'class S:\n    def add_cli_args(parser):\n        parser.add_argument("--{}", type=int)\n'


def test_releases_of_an_engine_become_one_small_file(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    for version, flag in (("1.0", "old-size"), ("1.1", "new-size")):
        more = {
            "sglang/srt/server_args.py": ARGS.format(flag).encode(),
            "sglang/launch_server.py": b"import orjson\n",
            "sglang/srt/models/a.py": b"class AForCausalLM: ...\nEntryClass = AForCausalLM\n",
        }
        wheels.build(shelf, "sglang", version, ["torch==2.0"], more=more)
    wheels.build(shelf, "sglang", "0.1")
    host = LocalHost(tmp_path / "cache")
    sources = Sources(find_links=(str(shelf),), no_index=True)
    run = Derivation(host, tmp_path / "out", Listings(host, places(sources, {}), tmp_path / "listings"))

    said = run.write("sglang")
    assert "2 releases" in said
    assert "not read: 0.1" in said

    document = tables.parse((tmp_path / "out" / "sglang.yaml").read_text())
    first, second = (tables.engine_of(document, "sglang", version, "here") for version in ("1.0", "1.1"))
    assert first is not None
    assert second is not None
    assert [flag.names for flag in first.flags] == [("--old-size",)]
    assert [flag.names for flag in second.flags] == [("--new-size",)]
    assert first.architectures == second.architectures == {"AForCausalLM"}
    assert first.imports == {"orjson"}
    assert first.requires == ("torch==2.0",)


def test_an_unknown_name_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["other"])
    assert ended.value.code == 2
    assert "other" in capsys.readouterr().err
