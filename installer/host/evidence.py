"""What explains an incident, gathered before anything is ended: `python -m installer.host.evidence FOLDER KIND PID …`.

A process of its own, not the supervisor: it may load heavy modules, and is ended from outside if a driver
hangs. What is known is written down at once. Only if KIND says that the server will be ended anyway does it disturb
one of the processes: Python then prints its stacks by the signal that its fault handler answers.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from installer.core.contracts.incident import LOG
from installer.host import incidents, process_table, server_folder, server_log
from installer.host.deaths import title

_LOG_BYTES = 256 * 1024
_STACKS_S = 5.0
_SPEAK_S = 1.5
_MOST = 24
"""Processes of whom stacks are asked."""
_ENDED = ("frozen", "deaf", "refuses", "unready")
"""Kinds of incidents after which the server is ended."""


def main(folder: Path, kind: str, pids: Sequence[int], *, ending: bool, visible: str | None = None) -> None:
    """Write down all that can be learnt. `visible`: the server's CUDA_VISIBLE_DEVICES."""
    found: dict[str, Any] = {}
    for name, ask in _QUESTIONS.items():
        with suppress(Exception):  # of a broken machine any answer may fail, and the next is worth a try
            found[name] = ask(folder, pids)
            server_folder.write_json(folder / incidents.EVIDENCE, found)
    if ending and kind in _ENDED and not (folder / incidents.STACKS).is_file():
        _with_stacks(folder, pids)
    with suppress(Exception):
        found["gpus"] = _gpus(visible)
        server_folder.write_json(folder / incidents.EVIDENCE, found)


def _processes(folder: Path, pids: Sequence[int]) -> list[dict[str, Any]]:
    known = process_table.table()
    return [_process(known[pid]) for pid in pids if pid in known]


def _process(process: process_table.Process) -> dict[str, Any]:
    """Its state is a letter of proc_pid_stat(5): T is stopped, D waits for a device, Z has ended."""
    status = _text(f"/proc/{process.pid}/status")
    values = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    memory = values.get("VmRSS", "0 kB").split()[0]
    return {
        "pid": process.pid,
        "name": title(process),
        "state": values.get("State", "?").strip(),
        "threads": int(values.get("Threads", "0")),
        "memory_mib": int(memory) // 1024,
        "waits_in": _text(f"/proc/{process.pid}/wchan").strip("0\n"),
    }


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _log(folder: Path, pids: Sequence[int]) -> int:
    """The end of the server's log; how many bytes of it."""
    piece, _ = server_log.last(folder.parents[1] / server_folder.LOG, _LOG_BYTES)
    (folder / LOG).write_bytes(piece)
    return len(piece)


def _kernel(folder: Path, pids: Sequence[int]) -> list[str]:
    from installer.host import kernel_messages

    return list(kernel_messages.serious_messages())


def _stacks(folder: Path, pids: Sequence[int]) -> str:
    """By py-spy, of the server's environment or of the machine: by whom; empty if it is not there or may not."""
    program = shutil.which("py-spy") or shutil.which("py-spy", path=str(Path(sys.executable).parent))
    dumps = [text for pid in pids[:_MOST] if program and (text := _dump(program, pid))]
    if not dumps:
        return ""
    (folder / incidents.STACKS).write_text("\n\n".join(dumps), encoding="utf-8")
    return "py-spy"


def _dump(program: str, pid: int) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        # Without --nonblocking it stops the process meanwhile, which one that is stopped already survives badly.
        command = (program, "dump", "--nonblocking", "--pid", str(pid))
        done = subprocess.run(command, capture_output=True, timeout=_STACKS_S, check=False, text=True, errors="replace")
        return done.stdout if done.returncode == 0 else ""
    return ""


def _with_stacks(folder: Path, pids: Sequence[int]) -> None:
    """Let Python's fault handler print the stacks of each process (PYTHONFAULTHANDLER is set for it).

    They come into the log, and are kept apart from what was in it before: our signal is no reason for anything. A
    thread that runs meanwhile can end the print early (the handler holds no interpreter lock): the part is kept.
    """
    log = folder.parents[1] / server_folder.LOG
    _, end = server_log.last(log, 1)
    _print_stacks(pids)
    if piece := server_log.read(log, end)[0]:
        (folder / incidents.STACKS).write_bytes(piece)


def _print_stacks(pids: Sequence[int]) -> None:
    for pid in pids[:_MOST]:
        with suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))  # an image of its memory would fill the disk
            os.kill(pid, signal.SIGABRT)
            os.kill(pid, signal.SIGCONT)
    deadline = time.monotonic() + _SPEAK_S
    while time.monotonic() < deadline and any((one := process_table.one(pid)) and one.alive for pid in pids):
        time.sleep(0.05)


def _gpus(visible: str | None) -> dict[str, Any]:
    """What NVML says of each now, or why it does not: a GPU that fell off the bus cannot be asked any more."""
    from installer.host import gpu, lost_gpus

    seen = gpu.read()
    return {
        "lost": list(lost_gpus.lost(visible)),
        "error": seen.driver.error if seen.driver else None,
        "gpus": None if seen.gpus is None else [_gpu(one) for one in seen.gpus],
    }


def _gpu(one: Any) -> dict[str, Any]:
    held = [{"pid": p.pid, "name": p.name, "memory_mib": p.memory_mib} for p in one.processes or ()]
    return {"name": one.name, "memory_mib": one.memory_mib, "free_mib": one.free_mib, "processes": held}


_QUESTIONS: dict[str, Callable[[Path, Sequence[int]], Any]] = {
    "processes": _processes,
    "log_bytes": _log,
    "kernel": _kernel,
    "stacks_by": _stacks,
}


if __name__ == "__main__":
    request = json.loads(sys.stdin.read())
    main(
        Path(request["folder"]), request["kind"], request["pids"], ending=request["ending"], visible=request["visible"]
    )
