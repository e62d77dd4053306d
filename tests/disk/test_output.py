"""A place that a person named: the whole file is there, or the command is refused and nothing is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from installer.core.errors import ExitCode, UsageError
from installer.disk import output


def test_the_whole_file_is_there(tmp_path: Path) -> None:
    output.refuse_uncreatable(tmp_path / "a")
    assert os.listdir(tmp_path) == []
    output.put(tmp_path / "a", "text", mode=0o600)
    assert (tmp_path / "a").read_text() == "text" and (tmp_path / "a").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", ["missing/a", "file/a", "folder", "n" * 300, "/proc/a"])
def test_a_place_where_nothing_can_be_created_is_bad_input(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError) as refused:
        output.put(tmp_path / place, "text")
    assert refused.value.exit_code == ExitCode.USAGE
    assert str(tmp_path / place) in refused.value.what and refused.value.why and refused.value.fix
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"] and os.listdir(tmp_path / "folder") == []


@pytest.mark.parametrize("place", ["missing/a", "file/a", "/proc/a"])
def test_it_is_known_before_the_work(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        output.refuse_uncreatable(tmp_path / place)
    assert os.listdir(tmp_path) == ["file"]


def test_a_full_volume_is_no_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(output, "write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        output.put(tmp_path / "a", "text")
