"""What engines compile stays with the home, by generation and GPU, and goes on where the versions agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.machine.facts import Cpu, Gpu, MachineFacts
from installer.core.recipes.recipe import Model, ModelSource, RandomModel, Recipe, Server
from stages import compile_cache
from tests.stand_ins.context import RecordingContext

RECIPE = Recipe("r", "R", "sglang", Model("m", (ModelSource(random=RandomModel()),)), Server("m"))
H200 = MachineFacts(here=True, gpus=(Gpu("NVIDIA H200", "9.0", 143771),))
VERSIONS = {
    "sglang": "0.5.23",
    "torch": "2.14.1",
    "triton": "3.8.0",
    "flashinfer_python": "0.7.2",
    "nvidia_cuda_nvcc": "13.0.88",
}
Made = Callable[..., RecordingContext]


@pytest.fixture
def generation(tmp_path: Path) -> Made:
    """Makes a generation with these packages, and the context of a stage that works with it."""

    def make(number: int, facts: MachineFacts = H200, engine: str = "sglang", **versions: str) -> RecordingContext:
        environment = tmp_path / "generations" / f"{number:04d}"
        for name, version in {**VERSIONS, **versions}.items():
            (environment / f"lib/python3.12/site-packages/{name}-{version}.dist-info").mkdir(parents=True)
        ctx = RecordingContext(replace(RECIPE, engine_name=engine), tmp_path, stage=10, facts=facts)
        ctx.environment = environment
        return ctx

    return make


def compile_something(ctx: RecordingContext) -> None:
    for folder in compile_cache.ready(ctx).values():
        (Path(folder) / "kernel.so").write_bytes(b"code")


def held(ctx: RecordingContext) -> set[str]:
    return {name for name, folder in compile_cache.ready(ctx).items() if (Path(folder) / "kernel.so").exists()}


def test_it_lies_in_the_home_and_is_there_after_a_restart(generation: Made) -> None:
    ctx = generation(1)
    compile_something(ctx)

    assert held(ctx) == set(compile_cache.variables(ctx)) >= {"TRITON_CACHE_DIR", "SGLANG_JIT_CACHE_DIR"}
    assert all(Path(folder).is_relative_to(ctx.home.root) for folder in compile_cache.variables(ctx).values())


def test_a_new_generation_begins_with_what_the_same_versions_compiled(generation: Made) -> None:
    first = generation(1)
    compile_something(first)

    second = generation(2, triton="3.9.0")

    assert held(second) == {
        "DEPLOY_TUI_NVCC_CACHE", "SGLANG_CACHE_DIR", "SGLANG_JIT_CACHE_DIR", "TVM_FFI_CACHE_DIR", "TILELANG_CACHE_DIR",
        "CUDA_CACHE_PATH",
    }  # fmt: skip
    copied = Path(compile_cache.variables(second)["CUDA_CACHE_PATH"]) / "kernel.so"
    copied.write_bytes(b"other")
    assert (Path(compile_cache.variables(first)["CUDA_CACHE_PATH"]) / "kernel.so").read_bytes() == b"code"


def test_another_gpu_begins_with_nothing(generation: Made) -> None:
    compile_something(generation(1))

    assert held(generation(2, MachineFacts(here=True, gpus=(Gpu("NVIDIA L4", "8.9", 23034),)))) == set()


def test_what_was_compiled_for_a_generation_that_is_gone_goes_too(generation: Made, tmp_path: Path) -> None:
    first = generation(1)
    compile_something(first)
    compile_something(generation(2))
    (tmp_path / "compiled" / "notes").mkdir()

    (tmp_path / "generations" / "0001").rename(tmp_path / "elsewhere")
    compile_cache.ready(generation(3))

    assert {folder.name for folder in (tmp_path / "compiled").iterdir()} == {"0002", "0003", "notes"}


def test_another_engine_is_not_told_of_what_it_does_not_read(generation: Made) -> None:
    variables = compile_cache.variables(generation(1, engine="vllm"))

    assert "VLLM_CACHE_ROOT" in variables and "SGLANG_CACHE_DIR" not in variables


def test_without_a_gpu_the_instruction_sets_of_the_processor_count() -> None:
    plain, wide = (MachineFacts(cpu=Cpu(2, features), gpus=()) for features in (("avx2",), ("avx2", "amx_tile")))

    assert compile_cache.device(plain) != compile_cache.device(wide)
    assert compile_cache.device(H200) == "nvidia-h200-9.0"


def test_what_a_power_cut_may_have_torn_is_compiled_again(generation: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, whole = generation(1), generation(2, torch="2.15.0", nvidia_cuda_nvcc="13.1.80")
    compile_something(whole)
    compile_cache.finish(whole)
    compile_something(ctx)
    assert held(ctx), "an engine that was killed loses nothing"

    monkeypatch.setattr("installer.disk.unsynced.boot", lambda: "another")

    assert not held(generation(3)), "nor is a copy of it believed"
    assert not held(ctx) and held(whole)
