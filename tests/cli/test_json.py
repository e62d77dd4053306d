"""Whoever asks for JSON gets one document on standard output and nothing else, on a home that holds nothing as well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer import cli
from installer.cli import streams
from installer.session import recipes

ROOT = Path(__file__).parents[2]
POD = str(ROOT / "tests/machines/h100.yaml")
COMMANDS = [
    ("status",), ("cancel",), ("server", "status"), ("runs", "list"), ("bench", "list"), ("knowledge", "status"),
    ("recipes", "list"), ("recipes", "lint", str(ROOT / "recipes/qwen2.5-3b-vllm.yaml")), ("checklist",),
    ("fit", "--model", "Qwen/Qwen3-8B", "--offline"), ("fit", "--machine", POD, "--offline"),
    ("export", "compose", "qwen2.5-3b-vllm"), ("export", "kubernetes", "qwen2.5-3b-sglang"),
    *(("recipes", "show", name) for name in recipes.names()),
    ("recipes", "show", "qwen2.5-3b-sglang", "context-length"),
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_prints_one_document(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main([*words, "--json", "--home", str(tmp_path / "home")])
    said = capsys.readouterr()
    assert code in (0, 3), said.err
    assert json.loads(said.out)["schema"] == 1


def test_a_log_is_explained_in_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.log").write_text("RuntimeError: CUDA error: no kernel image is available for execution\n")
    assert cli.main(["explain", str(tmp_path / "a.log"), "--json", "--home", str(tmp_path / "home")]) == 0
    assert json.loads(capsys.readouterr().out)["root"]["line"] == 1


def test_what_is_no_number_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    streams.document({"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": float("-inf"), "e": True}})
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {
        "a": None, "b": [None, 1.5], "c": {"d": None, "e": True},
    }  # fmt: skip
