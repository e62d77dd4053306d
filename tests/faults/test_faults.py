"""Thirty faults in a row, always the same ones: each promise must hold after each of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SEED = "2026"


def test_no_promise_is_broken() -> None:
    asked = [sys.executable, "-m", "tests.faults", "--count", "30", "--seed", _SEED, "--jobs", "2"]
    done = subprocess.run(asked, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
