"""Whatever lies under the name of a file of ours: it is read, or named; nobody waits and nobody follows it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from installer.core.errors import DamagedError, ExitCode
from installer.disk.reading import SMALL, read_json, read_own


def _device(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root makes devices")
    os.mknod(path, 0o20600, os.makedev(1, 5))


def _foreign(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root gives files away")
    path.write_text("{}")
    os.chown(path, 4321, 4321)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


PLANTED: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a socket": _socket,
    "a device": _device,
    "a link": lambda path: path.symlink_to("/etc/passwd"),
    "belongs to another user": _foreign,
    "larger than": lambda path: path.write_bytes(b" " * (SMALL + 1)),
    "it is empty": lambda path: path.write_bytes(b""),
    "is empty": lambda path: path.write_bytes(b"\0" * 4096),
    "is not JSON": lambda path: path.write_bytes(b'{"a": 1'),
    "content is not JSON": lambda path: path.write_bytes(b"[" * 100_000),
    "its content is not JSON": lambda path: path.write_bytes(b"\xff\xfe{}"),
    "JSON object": lambda path: path.write_bytes(b"[1]"),
}


@pytest.mark.parametrize("why", PLANTED)
def test_what_is_no_file_of_ours_is_named(tmp_path: Path, why: str) -> None:
    file = tmp_path / "seal.json"
    PLANTED[why](file)
    with pytest.raises(DamagedError) as caught:
        read_json(file)
    assert str(file) in caught.value.what and why in caught.value.what
    assert caught.value.exit_code == ExitCode.USAGE
    assert os.path.lexists(file)


def test_a_file_of_ours_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('{"a": 1}')
    assert read_json(tmp_path / "a") == {"a": 1}
    assert read_own(tmp_path / "a") == b'{"a": 1}'
    assert read_json(tmp_path / "absent") is None
