"""Which kernels would be compiled before stage 9 needs them, and what for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.packages.lock import Lock, LockedPackage
from installer.core.recipes.recipe import Model, ModelSource, Recipe, Server
from stages import compile_cache, kernels_ahead
from tests.stand_ins.context import RecordingContext

H200 = Gpu("NVIDIA H200", "9.0", 143_771)
A40 = Gpu("NVIDIA A40", "8.6", 46_068)
ENGINES = {"sglang": "0.5.23", "vllm": "0.33.0"}


def context(
    root: Path, monkeypatch: pytest.MonkeyPatch, *, engine: str = "sglang", gpus: tuple[Gpu, ...] = (H200,),
    compiler: bool = True, **server: Any,
) -> RecordingContext:  # fmt: skip
    """A home whose environment is complete, on a machine with these GPUs."""
    recipe = Recipe("r", "R", engine, Model("m", (ModelSource(path="/nowhere"),)), Server("m", **server))
    ctx = RecordingContext(recipe, root, stage=8, facts=MachineFacts(here=True, gpus=gpus))
    ctx.environment = ctx.home.generations / "0001"
    ctx.environment.mkdir(parents=True, exist_ok=True)
    ctx.lock = Lock("key", "3.12", "x", (LockedPackage(engine, ENGINES[engine], "engine", "folder"),))
    monkeypatch.setattr(ctx.host, "which", lambda name: Path("/bin") / name if compiler else None)
    monkeypatch.setattr(ctx.host, "environment", lambda: {"PATH": "/usr/bin"})
    return ctx


@pytest.mark.parametrize("engine", ENGINES)
def test_they_are_compiled_for_the_gpu_where_the_engine_will_look_and_without_taking_the_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    ctx = context(tmp_path, monkeypatch, engine=engine)
    job = kernels_ahead.job(ctx)
    assert job is not None and "sampling" in job.what
    assert "flashinfer.jit.sampling:gen_sampling_module" in job.command
    assert job.environment["FLASHINFER_CUDA_ARCH_LIST"] == "9.0"
    assert Path(job.environment["FLASHINFER_WORKSPACE_BASE"]) == ctx.home.compiled / "0001/nvidia-h200-9.0/flashinfer"
    assert job.environment["CUDA_VISIBLE_DEVICES"] == ""
    assert job.environment["PATH"].split(":") == [f"{ctx.environment}/bin", "/usr/bin"]


def test_what_is_there_is_not_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = context(tmp_path, monkeypatch)
    place = compile_cache.folder(ctx)
    assert place is not None
    for name in ("sampling", "norm"):
        made = place / f"flashinfer/.cache/flashinfer/0.7.2/90a/cached_ops/{name}/{name}.so"
        made.parent.mkdir(parents=True)
        assert kernels_ahead.job(ctx) is not None
        made.touch()
    assert kernels_ahead.job(ctx) is None


@pytest.mark.parametrize(
    "machine",
    [
        {"gpus": ()},
        {"gpus": (H200, A40)},
        {"compiler": False},
        {"engine": "vllm", "environment": {"VLLM_USE_FLASHINFER_SAMPLER": "0"}},
    ],
)
def test_nothing_is_compiled_that_nobody_will_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: dict[str, Any]
) -> None:
    assert kernels_ahead.job(context(tmp_path, monkeypatch, **machine)) is None


def test_a_server_that_samples_otherwise_needs_the_others_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = kernels_ahead.job(context(tmp_path, monkeypatch, flags={"--sampling-backend": "pytorch"}))
    assert job is not None and "sampling" not in job.what


def test_a_machine_that_is_not_here_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = context(tmp_path, monkeypatch)
    ctx.facts = replace(ctx.facts, here=False)
    assert kernels_ahead.job(ctx) is None
