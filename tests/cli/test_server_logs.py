"""`server logs -f` goes on with the next log where a server was started again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "server").mkdir()
    file = tmp_path / "server/server.log"
    file.write_text("first\nsecond\n")
    return file


@pytest.fixture
def following(log: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "installer", "server", "logs", "-f", "-n", "1", "--home", str(log.parents[1])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()


@pytest.mark.timeout(60)
def test_it_follows_into_the_next_log(log: Path, following: subprocess.Popen[str]) -> None:
    assert following.stdout is not None
    assert following.stdout.readline() == "second\n"
    with log.open("a") as file:
        file.write("third\n")
    assert following.stdout.readline() == "third\n"
    log.rename(log.with_name("server.log.1"))
    log.write_text("of a longer second life, from its first line on\n")
    assert following.stdout.readline() == "of a longer second life, from its first line on\n"
    log.write_text("emptied\n")
    assert following.stdout.readline() == "emptied\n"
