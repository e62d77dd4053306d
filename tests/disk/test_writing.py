"""The old or the new: a file, a link, never a half."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from installer.disk import writing
from installer.disk.writing import link_atomically, sync_filesystem, write_atomically


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_atomically(file, "one")
    write_atomically(file, (f"{n}\n" for n in range(3)), mode=0o600)
    assert file.read_text() == "0\n1\n2\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["a.json"]


def test_what_cannot_be_written_leaves_the_old(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_atomically(file, "old")

    def torn() -> object:
        yield "half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_atomically(file, torn())  # type: ignore[arg-type]
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.json"]


def test_no_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "a").symlink_to("theirs")
    write_atomically(tmp_path / "a", "ours")
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert (tmp_path / "a").read_text() == "ours"


def test_the_file_is_synced_before_its_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        order.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        real_sync(handle)

    def replace(self: Path, target: Path) -> Path:
        order.append("name")
        return real_replace(self, target)

    monkeypatch.setattr(writing.os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    write_atomically(tmp_path / "a", "x")
    link_atomically(tmp_path / "link", Path("a"))
    assert order == ["file", "name", "folder", "name", "folder"]
    assert (tmp_path / "link").read_text() == "x"


def test_a_filesystem_is_synced(tmp_path: Path) -> None:
    sync_filesystem(tmp_path)
    with pytest.raises(OSError, match="No such file"):
        sync_filesystem(tmp_path / "absent")
