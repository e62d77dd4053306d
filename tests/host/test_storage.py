"""Disks of this machine, really tried."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from installer.host import mounts, storage


def test_the_disk_of_a_home_that_is_not_there_yet(tmp_path: Path) -> None:
    found = storage.disks(tmp_path / "not" / "yet")

    if mounts.holding(Path("/"), mounts.read()):  # in a chroot nobody can say
        assert os.path.ismount(found[0].path)
        assert found[0].filesystem
        assert found[-1].path == "/"
    assert str(tmp_path).startswith(found[0].path)
    assert found[0].free_mib is not None and found[0].free_mib >= 0


def test_trying_a_hard_link_leaves_nothing_behind(tmp_path: Path) -> None:
    found = storage.hardlinks(tmp_path)

    (tmp_path / "one").write_text("")
    try:
        os.link(tmp_path / "one", tmp_path / "two")
        possible = True
    except OSError:
        possible = False
    assert found is possible
    assert sorted(path.name for path in tmp_path.iterdir()) == (["one", "two"] if possible else ["one"])


def test_where_links_are_refused_they_are_not_possible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)

    assert storage.hardlinks(tmp_path) is False
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_it_is_not_known() -> None:
    assert storage.hardlinks(Path("/proc")) is None


def test_nearest_follows_links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert storage.nearest(tmp_path / "link" / "a" / "b") == (tmp_path / "real").resolve()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can close a door and give up its own key")
def test_a_home_behind_a_closed_door_is_looked_for_above_it(tmp_path: Path) -> None:
    (tmp_path / "closed" / "home").mkdir(parents=True)
    tmp_path.chmod(0o755)
    (tmp_path / "closed").chmod(0o700)
    os.seteuid(65534)
    try:
        found = storage.nearest(tmp_path / "closed" / "home" / "deploy-tui")
    finally:
        os.seteuid(0)

    assert found in (tmp_path.resolve() / "closed", *tmp_path.resolve().parents, tmp_path.resolve())


def test_no_shared_memory_is_zero(tmp_path: Path) -> None:
    assert storage.shm_mib(tmp_path / "shm") == 0
    assert storage.shm_mib(tmp_path) not in (None, 0)
