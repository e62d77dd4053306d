"""`recipes list --check`: the table of the screen, as lines and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.cli import recipe_verdicts
from installer.cli.parser import parse
from installer.session import recipes
from tests.stand_ins.lab import ROOT

NAMES = ("qwen2.5-3b-vllm", "minimax-m1-vllm")


def test_each_recipe_is_checked_for_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = {each.name: each for each in recipes.shipped()}
    monkeypatch.setattr(recipes, "shipped", lambda: [shipped[name] for name in NAMES])
    facts = str(ROOT / "tests/machines/t4.yaml")
    asked = ["recipes", "list", "--check", "--machine", facts, "--offline", "--home", str(tmp_path)]
    code = recipe_verdicts.check(parse([*asked, "--json"]))
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["recipes"]}
    assert [*rows] == [*NAMES] and code == (0 if any(row["verdict"] == "works" for row in rows.values()) else 3)
    assert rows["minimax-m1-vllm"]["verdict"] == "fails" and rows["minimax-m1-vllm"]["why"]
    assert rows["qwen2.5-3b-vllm"]["verdict"] != "fails" and 0 < rows["qwen2.5-3b-vllm"]["gpu_share"] < 1
    recipe_verdicts.check(parse(asked))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and all(row["verdict"] in line for row, line in zip(rows.values(), lines, strict=True))
