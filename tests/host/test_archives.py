"""Wheels read where they lie: over HTTP by ranges, whole where that cannot be, and from the disk."""

from __future__ import annotations

import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from installer.core.packages.sources import Sources
from installer.host.archives import open_archive
from installer.host.index_client import IndexClient
from tests.stand_ins import wheels
from tests.stand_ins.package_index import Index, serve

LARGE = bytes(range(256)) * 4096  # 1 MiB that deflates to little


@pytest.fixture
def client() -> IndexClient:
    return IndexClient(Sources())


def kernel(folder: Path) -> Path:
    return wheels.build(
        folder, "kernel", "1.0", ["torch"], padding=400_000, more={"kernel/a.py": b"A = 1\n", "kernel/large.so": LARGE}
    )


def address(index: Index, wheel: Path) -> str:
    return f"{index.url.removesuffix('/simple')}/files/{wheel.name}"


def test_metadata_costs_the_end_of_the_file(tmp_path: Path, client: IndexClient) -> None:
    wheel = kernel(tmp_path)
    with serve(tmp_path) as index:
        archive = open_archive(address(index, wheel), client, 5.0)
        assert archive is not None
        assert "kernel/large.so" in archive.names()
        assert b"Name: kernel" in (archive.read("kernel-1.0.dist-info/METADATA") or b"")
        assert archive.transferred == client.transferred == index.sent <= 70_000
        assert archive.read("kernel/__init__.py", limit=11) == b"__version__"


@pytest.mark.parametrize("from_disk", [True, False])
def test_members_come_whole(tmp_path: Path, client: IndexClient, from_disk: bool) -> None:
    wheel = kernel(tmp_path)
    with serve(tmp_path) as index, zipfile.ZipFile(wheel) as real:
        archive = open_archive(str(wheel) if from_disk else address(index, wheel), client, 5.0)
        assert archive is not None
        found = archive.read_many([*real.namelist(), "kernel/absent.py"])
        assert found == {name: real.read(name) for name in real.namelist()}
        assert b"".join(archive.pieces("kernel/large.so")) == LARGE
        assert archive.size("kernel/large.so") == real.getinfo("kernel/large.so").compress_size
        assert archive.read("kernel/absent.py") is None
        assert (archive.transferred == 0) is from_disk


def test_what_is_not_asked_for_is_not_fetched(tmp_path: Path, client: IndexClient) -> None:
    wheel = wheels.build(tmp_path, "big", "1.0", padding=8_000_000)
    with serve(tmp_path) as index:
        archive = open_archive(address(index, wheel), client, 5.0)
        assert archive is not None
        assert len(archive.read("big/weights.bin", limit=100_000) or b"") == 100_000
        assert archive.transferred < 1_000_000


def _no_ranges(index: Index) -> None:
    index.ranges = False


def _no_suffixes(index: Index) -> None:
    index.suffixes = False


@pytest.mark.parametrize("lack", [_no_ranges, _no_suffixes])
def test_a_server_with_fewer_gifts(tmp_path: Path, client: IndexClient, lack: Callable[[Index], None]) -> None:
    wheel = kernel(tmp_path)
    with serve(tmp_path) as index:
        lack(index)
        archive = open_archive(address(index, wheel), client, 5.0)
        assert archive is not None
        assert archive.read("kernel/a.py") == b"A = 1\n"
        assert (archive.transferred >= wheel.stat().st_size) is (not index.ranges)


def test_nothing_where_there_is_nothing(tmp_path: Path, client: IndexClient) -> None:
    (tmp_path / "broken-1.0-py3-none-any.whl").write_bytes(b"PK no zip file at all")
    with serve(tmp_path) as index, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{silent.getsockname()[1]}/a-1.0-py3-none-any.whl"
        for place in (
            address(index, tmp_path / "absent-1.0-py3-none-any.whl"),
            address(index, tmp_path / "broken-1.0-py3-none-any.whl"),
            str(tmp_path / "broken-1.0-py3-none-any.whl"),
            str(tmp_path / "absent.whl"),
            closed,
            "http://[::bad/x.whl",
            "",
        ):
            assert open_archive(place, client, 2.0) is None, place


def test_a_member_that_is_damaged_is_none(tmp_path: Path, client: IndexClient) -> None:
    wheel = kernel(tmp_path)
    data = bytearray(wheel.read_bytes())
    with zipfile.ZipFile(wheel) as real:
        entry = real.getinfo("kernel/large.so")
    middle = entry.header_offset + 30 + len(entry.filename) + entry.compress_size // 2
    data[middle : middle + 16] = bytes(16)
    wheel.write_bytes(bytes(data))
    archive = open_archive(str(wheel), client, 2.0)
    assert archive is not None
    assert archive.read("kernel/large.so") is None
    assert archive.read("kernel/a.py") == b"A = 1\n"


def test_a_host_that_does_not_answer_is_not_asked_for_ever(client: IndexClient) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        answers = [client.get(url, timeout_s=2.0, limit=10) for _ in range(3)]
    assert [answer.status for answer in answers] == [0, 0, 0]
    assert "before" in answers[2].why and "before" not in answers[0].why
