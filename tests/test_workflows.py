"""The hosted workflows and the hooks before a commit: read by the tools that they are for, where those are."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def linted(folder: Path) -> str:
    """What `./check` runs on the workflows: their schema, and what is unsafe in them. Empty: nothing to report."""
    tools = Path(sys.executable).parent
    files = [str(path) for path in sorted((folder / "workflows").glob("*.yml"))]
    schema = [str(tools / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *files]
    commands = (schema, [str(tools / "zizmor"), "--offline", "--no-progress", str(folder)])
    done = [subprocess.run(command, capture_output=True, text=True, check=False) for command in commands]
    return "".join(one.stdout + one.stderr for one in done if one.returncode != 0)


def test_the_workflows_pass_their_linters() -> None:
    assert linted(ROOT / ".github") == ""


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("runs-on: ubuntu-24.04", "runs-onn: ubuntu-24.04", "runs-onn"),
        ("with: {persist-credentials: false}", "with: {}", "artipacked"),
        ("uses: actions/checkout@v4", "uses: someone/checkout@v4", "unpinned-uses"),
        ("bash .ci/run", 'echo "${{ github.head_ref }}"', "template-injection"),
    ],
)
def test_the_linters_see_what_they_are_for(tmp_path: Path, good: str, bad: str, complaint: str) -> None:
    folder = tmp_path / ".github"
    shutil.copytree(ROOT / ".github", folder)
    check = folder / "workflows/check.yml"
    text = check.read_text()
    assert good in text
    check.write_text(text.replace(good, bad))
    assert complaint in linted(folder)


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
    checks = {check.removesuffix(" .").removesuffix(" .github/workflows/*.yml") for check in checks}
    assert called == {check for check in checks if not check.startswith("pytest")}
