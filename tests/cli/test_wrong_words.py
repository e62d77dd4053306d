"""Words and files that nobody should hand in: each is answered with a sentence and status 2, and nothing is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from installer.cli import main

RECIPE = ("--recipe", "qwen2.5-0.5b-cpu")
WRONG = {
    "a digit that is none": (("--stage", "²"), "There is no stage"),
    "a digit of another script": (("--stage", "٣"), "There is no stage"),
    "a very long number": (("--stage", "1" * 10_000), "There is no stage"),
    "another spelling": (("--stage", "ALL", "--yes"), "There is no stage"),
    "a deep setting": (("plan", *RECIPE, "--set", "a." * 1000 + "a=1"), "nested more than"),
    "half a character in a setting": (("plan", *RECIPE, "--set", "server.model=\udcff"), "not a valid setting"),
    "half a character in a key": (("plan", *RECIPE, "--set", "\udcff=1"), "not a valid setting"),
    "half a character in a config": (("plan", *RECIPE, "--model-config", "config.json"), "incomplete character"),
    "half a character in a client's file": (("check-client", "client.json", *RECIPE), "incomplete character"),
    "a recipe into no folder": (("recipes", "new", "none/x.yaml"), "none/x.yaml cannot be written."),
    "a pipe as a script": (("audit", "pipe"), "not a regular file but a pipe"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "says"), WRONG.values(), ids=WRONG)
def test_it_is_refused_with_a_sentence(
    words: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text('{"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2\\ud800"}')
    (tmp_path / "client.json").write_text('{"model": "a\\ud800", "max_tokens": 5}')
    os.mkfifo(tmp_path / "pipe")
    code = main([*words, "--home", str(tmp_path / "home")])
    out, errors = capsys.readouterr()
    assert (code, out) == (2, ""), errors
    assert says in errors and "Traceback" not in errors
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("command", [("plan",), ("server", "start"), ()])
def test_what_was_given_by_mistake_is_not_shown_again(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    token = "hf_abcdefghijklmnopQRSTUVWXYZ01234567"
    with pytest.raises(SystemExit, match="2"):
        main([*command, f"--token={token}", "--red=\x1b[31m", "x" * 100_000])
    errors = capsys.readouterr().err
    assert token not in errors and "\x1b" not in errors and len(errors) < 5000
