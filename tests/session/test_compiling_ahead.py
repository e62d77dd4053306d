"""Compiling beside a run, by real processes: a small package stands for FlashInfer, and `sleep` for its compiler."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from installer.session.compiling_ahead import CompilingAhead
from stages import compile_cache, kernels_ahead
from tests.stages.test_kernels_ahead import context
from tests.stand_ins.context import RecordingContext

SPECIFICATION = """
import fcntl, os, subprocess
from pathlib import Path
def {function}():
    return Specification()
class Specification:
    def build(self, verbose, need_lock):
        assert need_lock and not verbose
        base = Path(os.environ["FLASHINFER_WORKSPACE_BASE"]) / ".cache/flashinfer/0.7.2/90a/cached_ops"
        base.mkdir(parents=True, exist_ok=True)
        with (base / "{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            {compiling}
            made = base / "{name}/{name}.so"
            made.parent.mkdir(exist_ok=True)
            made.touch()
"""


def begun(
    root: Path, monkeypatch: pytest.MonkeyPatch, compiling: str = "pass"
) -> tuple[RecordingContext, CompilingAhead]:
    """An environment is complete, and stage 8 begins."""
    ctx = context(root, monkeypatch)
    assert ctx.environment is not None
    uv = ctx.host.uv()
    subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, str(ctx.environment)], check=True)
    package = next(ctx.environment.glob("lib/python3*/site-packages")) / "flashinfer/jit"
    package.mkdir(parents=True)
    for name in ("sampling", "norm"):
        function = f"gen_{name}_module"
        (package / f"{name}.py").write_text(
            SPECIFICATION.format(function=function, name=name, compiling=compiling.format(root=root, name=name))
        )
    ahead = CompilingAhead(ctx.events.append, threading.Event(), (8, 9))
    ahead.before(ctx)
    return ctx, ahead


def until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_kernels_lie_ready_for_stage_9_and_it_is_said_how_long_that_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, ahead = begun(tmp_path, monkeypatch)
    ahead.join()
    place = compile_cache.folder(ctx)
    assert place is not None
    assert {made.name for made in place.rglob("*.so")} == {"sampling.so", "norm.so"}
    first, last = ctx.noticed
    assert first.startswith("Compiling kernels for the GPU while") and "sampling" in first
    assert last.startswith("Compiled kernels for the GPU in ")
    assert len([line for line in ctx.printed if "compiled in" in line]) == 2
    ctx.events.clear()
    CompilingAhead(ctx.events.append, threading.Event(), (8, 9)).before(ctx)
    assert not ctx.events and kernels_ahead.job(ctx) is None


def test_a_failure_is_told_with_its_reason_and_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, ahead = begun(tmp_path, monkeypatch, "raise RuntimeError('Ninja build failed.\\nsampling.cu(1): error')")
    ahead.join()
    ahead.end()
    assert ctx.noticed[-1].startswith("Kernels were not compiled ahead, so the engine compiles them in stage 9 ")
    assert ctx.noticed[-1].endswith("sampling.cu(1): error")


@pytest.mark.parametrize("how", ["cancelled", "at the end"])
def test_nothing_outlives_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    # As ninja does, each compiler gets a process group of its own.
    started = "started = subprocess.Popen(['sleep', '60'], process_group=0)"
    compiling = f"{started}; Path('{{root}}/{{name}}').write_text(str(started.pid)); started.wait()"
    ctx, ahead = begun(tmp_path, monkeypatch, compiling)
    notes = [tmp_path / "sampling", tmp_path / "norm"]
    until(lambda: all(note.exists() and note.read_text() for note in notes))
    compilers = [psutil.Process(int(note.read_text())) for note in notes]
    if how == "cancelled":
        ahead._cancel.set()
    ahead.end()
    until(lambda: all(ended(one) for one in compilers))
    assert len(ctx.noticed) == 1


def test_nobody_compiles_ahead_of_a_stage_that_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = context(tmp_path, monkeypatch)
    CompilingAhead(ctx.events.append, threading.Event(), (8,)).before(ctx)
    assert not ctx.events
