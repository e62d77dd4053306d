"""The server's own temporary folder: short enough for sockets, and gone with the server."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from installer.host import scratch

_LONGEST_NAME = "x" * 40
"""Of what engines add; vLLM a UUID, multiprocessing a folder and a name."""


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_a_socket_fits_in_it_however_long_the_home_is(tmp_path: Path, depth: int) -> None:
    folder = tmp_path.joinpath(*["d" * 50] * depth)
    folder.mkdir(parents=True, exist_ok=True)
    made = scratch.make(folder)
    try:
        assert made.stat().st_mode & 0o777 == 0o700
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(str(made / _LONGEST_NAME))
        assert scratch.make(folder) == made and os.listdir(made) == []
    finally:
        scratch.empty(folder)
    assert not made.exists()


def test_what_is_not_ours_is_neither_used_nor_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "kept").mkdir(parents=True)
    monkeypatch.setattr(scratch, "place", lambda folder: tmp_path / "link")
    (tmp_path / "link").symlink_to(theirs)
    scratch.empty(tmp_path)
    assert (theirs / "kept").exists() and (tmp_path / "link").is_symlink()
    with pytest.raises(FileExistsError):
        scratch.make(tmp_path)
