"""The first document's own stacks, as it has them, with the packages of the public index: the plan says why not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.stand_ins.lab import ROOT, TOOL

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("recipe", "machine"),
    [("ministral-3b-goldilocks", "a40-pod"), ("ministral-3b-blackwell-nightly", "rtx5090")],
)
def test_what_the_document_says_literally_is_foreseen_to_fail(recipe: str, machine: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [TOOL, "plan", "--recipe", recipe, "--machine", str(ROOT / f"tests/machines/{machine}.yaml"), "--json",
         "--home", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    codes = {f["code"] for f in json.loads(done.stdout)["findings"] if f["severity"] == "blocker"}
    assert "model-type-unknown" in codes
