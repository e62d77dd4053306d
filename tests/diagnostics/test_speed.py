"""Long and hostile logs take bounded time and memory. Times are of the processor, a multiple of what was measured."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from installer.diagnostics.explain import explain_blocks
from installer.diagnostics.logs import patterns
from installer.diagnostics.logs.selection import MOST, WHOLE, select_lines
from installer.host.logs import read_log

HOSTILE = {
    "one line without an end": b"A" * (10 << 20),
    "blanks": (b" " * 5000 + b"error: x\n") * 600,
    "colons": (b"error:" * 700 + b"\n") * 700,
    "quotes": b"Permission denied '" * 300 * 700,
    "short lines": b"error: x\n" * 400_000,
    "frames": b'  File "/a/b.py", line 1, in f\n    g()\n' * 100_000,
    "json": b'{"msg":' * 100_000,
    "wrappers": b"[rank0]:" * 100_000 + b"\n",
    "blank lines": b"\n" * (20 << 20),
    "long errors": (b"error: " + b"x" * 4000 + b"\n") * 5_000,
}


@pytest.mark.skipif(not patterns.LINEAR, reason="there is no RE2 here")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lines_take_bounded_time(name: str, tmp_path: Path) -> None:
    log = tmp_path / "hostile.log"
    log.write_bytes(HOSTILE[name] + b"\nValueError: at the end\n")
    start = time.process_time()

    explained = explain_blocks(read_log(str(log)))

    assert time.process_time() - start < 10
    assert explained.root is not None


def test_a_long_log_is_read_in_little_memory(tmp_path: Path) -> None:
    line = b"INFO 08-29 09:26:38 logger.py:36] Received request chat-6d: prompt: 'What is the weather?', params: None\n"
    log = tmp_path / "long.log"
    with log.open("wb") as file:
        for _ in range(64):
            file.write(line * 10_000)
        file.write(b"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1 GiB\n")
    code = (
        "import sys; from installer.diagnostics.explain import explain_blocks as e;"
        "from installer.host.logs import read_log as r; x = e(r(sys.argv[1]));"
        "s = open('/proc/self/status').read();"
        "print(x.candidates[0].id, s.split('VmHWM:')[1].split()[0])"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime

    done = subprocess.run([sys.executable, "-c", code, str(log)], capture_output=True, text=True, check=True)

    known, memory = done.stdout.split()
    assert known == "oom"
    assert int(memory) < 100 * 1024
    assert not patterns.LINEAR or resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10


def test_of_too_many_complaints_the_first_and_the_last_are_kept() -> None:
    lines = [f"error: number {number}" for number in range(400_000)]
    body = ("\n".join(lines) + "\n").encode()

    kept = select_lines(
        [body[: 4 << 20].rpartition(b"\n")[0] + b"\n", body[len(body[: 4 << 20].rpartition(b"\n")[0]) + 1 :]]
    )

    assert kept.total == len(lines)
    assert kept.lines[0] == (1, "error: number 0")
    assert kept.lines[-1] == (400_000, "error: number 399999")
    assert len(kept.lines) <= 2 * MOST + 1
    assert all(text == lines[number - 1] for number, text in kept.lines)


def test_the_end_of_a_log_of_many_short_lines_is_read() -> None:
    lines = [f"INFO step {number}" for number in range(2 * MOST)]

    explained = explain_blocks(["\n".join([*lines, "torch.OutOfMemoryError: CUDA out of memory."]).encode()])

    assert explained.root is not None
    assert explained.root.line == len(lines) + 1


def test_no_more_than_some_bytes_of_long_lines_are_kept() -> None:
    line = b"error: " + b"x" * 4000 + b"\n"

    kept = select_lines([line * 1000, line * 1000])

    assert sum(len(text) for _, text in kept.lines) <= 2 * WHOLE
    assert kept.lines[0][0] == 1
    assert kept.lines[-1][0] == kept.total
    assert kept.dropped > 0
