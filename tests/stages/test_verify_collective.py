"""Stage 9 lets the GPUs of a server add up numbers together: real processes, a torch that adds through a file."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.machine.facts import Gpu, MachineFacts
from installer.core.recipes.recipe import Server
from installer.session import recipes
from stages import s09_verification
from stages.scripts import verify_collective
from tests.stages.test_first_token import context

CODES = [0, 0]
GOOD = {"same": True, "got": 3.0, "right": 3.0, "gigabytes_per_second": 200.0}


def assessed(tmp_path: Path, bodies: list[object], codes: list[int], late: list[int]) -> tuple[str, str, list[str]]:
    for rank, body in enumerate(bodies):
        (tmp_path / f"{rank}.json").write_text(json.dumps(body))
    return verify_collective._assessed(tmp_path, codes, late, "nccl")


def test_a_right_sum_passes_with_its_speed(tmp_path: Path) -> None:
    slow = {**GOOD, "gigabytes_per_second": 150.0}
    assert assessed(tmp_path, [GOOD, slow], CODES, []) == ("ok", "2 GPUs add up right over NCCL, 150 GB/s", [])


def test_a_wrong_sum_fails(tmp_path: Path) -> None:
    status, said, details = assessed(tmp_path, [GOOD, {**GOOD, "same": False, "got": 2.0}], CODES, [])
    assert (status, said, details) == ("failed", "the sum over 2 GPUs is wrong", ["rank 1 got 2.0, not 3.0"])


def test_a_rank_that_never_comes_back_is_named(tmp_path: Path) -> None:
    status, said, _ = assessed(tmp_path, [GOOD], [0, -9], [1])
    assert status == "failed" and "rank 1" in said


def test_an_error_is_told_with_its_rank(tmp_path: Path) -> None:
    status, _, details = assessed(tmp_path, [{"error": "RuntimeError: NCCL"}, GOOD], [1, 0], [])
    assert status == "failed" and details == ["rank 0: RuntimeError: NCCL"]


def test_processes_that_cannot_compute_say_why(tmp_path: Path) -> None:
    """In an interpreter without torch each process ends with the reason."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    folder = Path(verify_collective.__file__).parent
    text = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); import verify_collective as v; print(*v.together(2, 'gloo'))"
    )
    done = subprocess.run([str(bare / "bin/python"), "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("failed 2 GPUs cannot compute together") and "No module named 'torch'" in done.stdout


@pytest.mark.parametrize(
    ("flags", "ranks"),
    [({}, 1), ({"--tp-size": 2}, 2), ({"--tensor-parallel-size": 2, "--pp": "2"}, 4), ({"--tp": "{wrong}"}, 1)],
)
def test_over_how_many_gpus_a_server_is_spread(tmp_path: Path, flags: dict[str, object], ranks: int) -> None:
    ctx = context(tmp_path)
    ctx.recipe = replace(ctx.recipe, server=Server("m", flags=flags))  # type: ignore[arg-type]
    assert s09_verification.request(ctx)["ranks"] == ranks


def test_of_a_model_over_several_machines_the_gpus_of_this_one_count(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    ctx.recipe = recipes.load("minimax-m1-two-nodes")
    assert s09_verification.request(ctx)["ranks"] == 8


def test_too_few_gpus_are_no_verdict_of_the_sum() -> None:
    assert MachineFacts(gpus=(Gpu("NVIDIA H200"),)).gpus
    assert verify_collective.check(2, [{"name": "NVIDIA H200"}])[0] == "skipped"
