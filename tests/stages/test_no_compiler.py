"""What the CPU recipe sets, so that vLLM compiles nothing where there is no compiler."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from installer.session import recipes

_CODE = """
import torch
from vllm.v1.sample.ops.logprobs import batched_count_greater_than as count
print(int(count(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[2.0]]))))
"""
"""What a request for logprobs comes to."""


@pytest.mark.real
def test_a_request_for_logprobs_needs_no_compiler(real_environment: Path, tmp_path: Path) -> None:
    environment = {name: str(value) for name, value in recipes.load("qwen2.5-0.5b-cpu").server.environment.items()}
    environment |= {"PATH": str(tmp_path), "HOME": str(tmp_path), "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")}
    command = [str(real_environment / "bin/python"), "-c", _CODE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "2"), done.stderr[-2000:]
