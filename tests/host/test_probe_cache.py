"""What programs said is kept by the file that said it."""

from __future__ import annotations

import os
from pathlib import Path

from installer.host.probe_cache import ProbeCache


def _never() -> str:
    raise AssertionError("asked again")


def _program(tmp_path: Path) -> Path:
    path = tmp_path / "tool"
    path.write_text("one")
    return path


def test_an_answer_is_kept_for_the_next_time(tmp_path: Path) -> None:
    program = _program(tmp_path)
    first = ProbeCache(tmp_path)
    assert first.ask(program, lambda: "1.0") == "1.0"
    first.save()

    assert ProbeCache(tmp_path).ask(program, _never) == "1.0"


def test_a_program_that_was_replaced_is_asked_again(tmp_path: Path) -> None:
    program, memory = _program(tmp_path), ProbeCache(tmp_path)
    memory.ask(program, lambda: "1.0")
    os.utime(program, (1, 1))

    assert memory.ask(program, lambda: "2.0") == "2.0"


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    program, memory = _program(tmp_path), ProbeCache(tmp_path)
    assert memory.ask(program, lambda: None) is None

    assert memory.ask(program, lambda: "1.0") == "1.0"


def test_no_folder_is_made(tmp_path: Path) -> None:
    memory = ProbeCache(tmp_path / "cache")
    memory.ask(_program(tmp_path), lambda: "1.0")
    memory.save()

    assert not (tmp_path / "cache").exists()


def test_a_torn_file_is_forgotten(tmp_path: Path) -> None:
    for text in ('{"a": "b"', "[1, 2]", '{"a": 1}', "\0"):
        (tmp_path / "programs.json").write_text(text)

        assert ProbeCache(tmp_path).ask(_program(tmp_path), lambda: "1.0") == "1.0"


def test_a_program_that_is_gone_says_nothing(tmp_path: Path) -> None:
    assert ProbeCache().ask(tmp_path / "none", _never) is None
