"""What starts came to is kept, and the next reckoning takes it into account and says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.contracts.serving import StartReport
from installer.core.machine.facts import Calibration, Gpu, MachineFacts
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import ModelFacts, Placed, Stack
from installer.core.runs.home import Home
from installer.models.memory import estimate
from stages import start_samples
from stages.start_samples import Kind

KIND = Kind("sglang", "0.5.23", "NVIDIA H200", "qwen2")
CONFIG = {
    "model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 36,
    "num_attention_heads": 16, "num_key_value_heads": 2, "intermediate_size": 11008, "vocab_size": 151936,
    "torch_dtype": "bfloat16", "tie_word_embeddings": True, "max_position_embeddings": 32768,
}  # fmt: skip
MODEL = ModelFacts("m", "config.json of m", ("Qwen2ForCausalLM",), "qwen2", dtype="bfloat16", config=CONFIG)
H200 = MachineFacts(gpus=(Gpu("NVIDIA H200", "9.0", 143771),))


def stack() -> Stack:
    launch = Launch(10, engine="sglang", arguments=("--mem-fraction-static", "0.83"))
    return Stack("3.12", "linux", {"sglang": Placed("sglang", "0.5.23", 7)}, launch, MODEL)


def noted(home: Home, *ratios: float, kind: Kind = KIND) -> None:
    for ratio in ratios:
        report = StartReport({"weights": 6.0 * ratio}, kv_tokens=int(1_000_000 * ratio))
        start_samples.note(home, kind, report, 1_000_000)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_factor_is_the_middle_of_the_last_starts_of_one_kind(home: Home) -> None:
    noted(home, 0.5, 0.9, 0.9, 0.92, 0.9, 0.91)
    noted(home, 0.7, kind=replace(KIND, release="0.5.17"))
    assert start_samples.calibrations(home) == (
        Calibration("sglang", "0.5.23", "NVIDIA H200", "qwen2", 5, 900),
        Calibration("sglang", "0.5.17", "NVIDIA H200", "qwen2", 1, 700),
    )


def test_the_next_plan_takes_it_and_says_so(home: Home) -> None:
    plain = estimate(stack(), H200)
    noted(home, 0.9, 0.9)
    known = estimate(stack(), replace(H200, calibrations=start_samples.calibrations(home)))
    assert plain.kv_tokens and known.kv_tokens
    assert known.kv_tokens == pytest.approx(0.9 * plain.kv_tokens, abs=2)
    assert known.assumed[0].startswith("The cache was measured here twice with sglang 0.5.23 on NVIDIA H200: 0.900 of")
    assert plain.assumed == known.assumed[1:]


@pytest.mark.parametrize(
    "other",
    [
        Calibration("sglang", "0.5.17", "NVIDIA H200", "qwen2", 3, 500),
        Calibration("sglang", "0.5.23", "NVIDIA L4", "qwen2", 3, 500),
        Calibration("sglang", "0.5.23", "NVIDIA H200", "llama", 3, 500),
        Calibration("vllm", "0.5.23", "NVIDIA H200", "qwen2", 3, 500),
        Calibration("sglang", "0.5.23", "NVIDIA H200", "qwen2", 3, 20),  # beyond belief
    ],
)
def test_what_was_measured_of_something_else_changes_nothing(other: Calibration) -> None:
    assert estimate(stack(), replace(H200, calibrations=(other,))) == estimate(stack(), H200)


def test_a_kind_is_known_by_engine_release_gpu_and_family() -> None:
    assert start_samples.kind_of(stack(), H200) == KIND
    assert start_samples.kind_of(replace(stack(), model=None), H200) is None


def test_parts_of_earlier_starts_are_told_by_their_middle(home: Home) -> None:
    noted(home, 1.0, 2.0, 1.5)
    assert start_samples.usual_parts(start_samples.samples(home, KIND)) == {"weights": 9.0}


def test_a_damaged_file_costs_no_plan(home: Home) -> None:
    noted(home, 0.9)
    home.measured.write_bytes(home.measured.read_bytes() + b'{"torn\n\xff\n[1]\n{"engine": 7}\n')
    assert [one.kv_permille for one in start_samples.calibrations(home)] == [900]
    home.measured.unlink()
    home.measured.mkdir()
    assert start_samples.calibrations(home) == ()
