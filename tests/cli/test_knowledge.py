"""`knowledge status` and `refresh` against a folder of wheels as the only source of packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.cli import main
from tests.stand_ins import wheels


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    return folder


def test_a_release_that_no_table_has_is_named(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheels.build(shelf, "transformers", "99.0", more={"transformers/models/auto/configuration_auto.py": b"X = 1\n"})
    assert main(["knowledge", "status", "--json"]) == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)["tables"]}
    assert found["engines/transformers"]["watched"][0]["missing"] == ["99.0"]
    assert found["engines/transformers"]["current"] is False
    assert found["engines/vllm"]["current"] is None, "what was not answered is not known"
    assert found["drivers"]["watched"] == []
    assert not [name for name, one in found.items() if not (one["rows"] and one["oldest"])], "each says how old it is"


def test_check_writes_nothing_and_says_that_a_table_is_behind(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = b'CONFIG_MAPPING_NAMES = OrderedDict([("brand_new", "BrandNewConfig")])\n'
    wheels.build(shelf, "transformers", "99.0", more={"transformers/models/auto/configuration_auto.py": source})
    into = tmp_path / "into"
    words = ["knowledge", "refresh", "engines/transformers", "--into", str(into)]
    assert main([*words, "--check"]) == 1
    assert not into.exists()
    assert main(words) == 0
    assert "brand_new" in capsys.readouterr().out
    assert "brand_new" in (into / "engines/transformers.yaml").read_text()


def test_a_table_that_is_not_derived_is_wrong_usage(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "refresh", "drivers"]) == 2
    assert "engines/vllm" in capsys.readouterr().err
