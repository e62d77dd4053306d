"""Trees copied by hard links, by one process and by two."""

from __future__ import annotations

import marshal
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer.host import cloning, linking
from installer.host.cloning import clone


def test_a_clone_shares_its_files_and_keeps_links(tmp_path: Path) -> None:
    source = tmp_path / "a"
    (source / "deep/er").mkdir(parents=True)
    (source / "deep/er/file").write_text("x" * 100)
    (source / "link").symlink_to("deep/er/file")
    assert clone(source, tmp_path / "b") == 0
    assert (tmp_path / "b/deep/er/file").samefile(source / "deep/er/file")
    assert os.readlink(tmp_path / "b/link") == "deep/er/file"


def test_a_filesystem_without_links_is_copied_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").write_text("x" * 100)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(linking.os, "link", refuse)
    assert clone(tmp_path / "a", tmp_path / "b") == 100
    assert not (tmp_path / "b/file").samefile(tmp_path / "a/file")


def wide(place: Path) -> Path:
    """A tree with folders enough for two processes."""
    for number in range(500):
        (place / f"{number}/in/side").mkdir(parents=True)
        (place / f"{number}/in/side/file").write_text(str(number))
        (place / f"{number}/link").symlink_to("in/side/file")
    return place


def entries(place: Path) -> dict[str, int | str]:
    """Inode by path, and where symlinks lead."""
    found = {}
    for file in place.rglob("*"):
        if not file.is_dir() or file.is_symlink():
            found[str(file.relative_to(place))] = os.readlink(file) if file.is_symlink() else file.stat().st_ino
    return found


def test_two_processes_copy_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = wide(tmp_path / "a")
    taken: list[int] = []
    trees = linking.trees
    monkeypatch.setattr(linking, "trees", lambda pairs: taken.append(len(pairs)) or trees(pairs))

    assert clone(source, tmp_path / "b") == 0

    assert entries(tmp_path / "b") == entries(source)
    assert len(entries(source)) == 1000
    assert sum(taken) <= 500


def test_the_second_process_does_all_that_is_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloning.os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(linking, "parts", lambda *_: iter(()))
    source = wide(tmp_path / "a")

    clone(source, tmp_path / "b")

    assert entries(tmp_path / "b") == entries(source)


def test_what_fails_in_the_second_process_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloning.os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(linking, "parts", lambda *_: shutil.rmtree(source / "7") or iter(()))
    source = wide(tmp_path / "a")

    with pytest.raises(FileNotFoundError, match="/7"):
        clone(source, tmp_path / "b")


def test_the_second_process_ends_with_the_first(tmp_path: Path) -> None:
    source, target = wide(tmp_path / "a"), tmp_path / "b"
    target.mkdir()
    taking, giving = os.pipe()
    os.write(giving, b"\0\0" * 8)
    os.close(giving)
    words = [sys.executable, "-I", "-S", linking.__file__, str(taking), str(source), str(target)]

    done = subprocess.run(
        words, input=marshal.dumps(["7/in"]), pass_fds=(taking,), capture_output=True, check=False
    )  # fmt: skip

    os.close(taking)
    assert done.returncode != 0 and b"first process is gone" in done.stderr
    assert not list(target.iterdir())
