"""The hosted workflows and the hooks before a commit: read by the tools that they are for, where those are."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_the_workflows_are_what_actionlint_takes() -> None:
    linter = shutil.which("actionlint")
    if linter is None:
        pytest.skip("actionlint is not installed here")
    done = subprocess.run([linter, *map(str, WORKFLOWS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_job_says_where_it_runs_for_how_long_and_what_it_waits_for(path: Path) -> None:
    # `on` is a boolean to YAML 1.1.
    jobs = yaml.safe_load(path.read_text())["jobs"]
    for job in jobs.values():
        assert {"runs-on", "timeout-minutes", "steps"} <= job.keys()
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= jobs.keys()
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])


def test_the_hooks_call_what_the_checks_call() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    called = {hook["entry"].removeprefix(".venv/bin/").removesuffix(" --force-exclude") for hook in hooks}
    checks = {
        line.removeprefix("run ") for line in (ROOT / "check").read_text().splitlines() if line.startswith("run ")
    }
    assert called == {check.removesuffix(" .") for check in checks if not check.startswith("pytest")}
