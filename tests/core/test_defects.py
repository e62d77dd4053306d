"""Whose mistake it is: what was raised on purpose is never ours, what escaped otherwise always is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from installer.core.defects import defect_of
from installer.core.errors import DefectError, ExitCode, UsageError
from installer.core.runs.cast import parse
from installer.execution.runner import finished
from tests.stand_ins.patience import PATIENCE_S

TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz12345678"


def test_a_defect_says_where_in_our_code_it_came_through() -> None:
    with pytest.raises(AttributeError) as caught:
        parse(None)  # type: ignore[arg-type]
    told = defect_of(caught.value)
    assert "AttributeError" in told.what and "installer/core/runs/cast.py" in told.why and "in parse" in told.why
    assert "deploy-tui ticket" in told.fix and told.exit_code == ExitCode.FAILED


def test_a_secret_in_an_error_is_not_told() -> None:
    assert TOKEN not in str(defect_of(KeyError(f"token {TOKEN}")))


def test_the_last_event_says_it() -> None:
    assert finished(DefectError("x"), None, 1.0, True).defect
    assert not finished(UsageError("x"), None, 1.0, True).defect and not finished(None, None, 1.0, True).defect


@pytest.mark.parametrize(
    ("words", "code", "ours"),
    [
        (["plan", "--recipe", "no-such-recipe"], 2, False),
        (["plan", "--set", "nonsense"], 2, False),
        (["replay", "no-such-run"], 2, False),
        (["ticket", "open", "/dev/null"], 2, False),
        (["recipes", "lint", "/etc/hostname"], 2, False),
        (["status"], 1, True),
    ],
)
def test_a_mistake_in_a_command_line_is_never_ours_and_ours_is_never_theirs(
    words: list[str], code: int, ours: bool, tmp_path: Path
) -> None:
    broken = "import installer.session.homes as h; h.locate = lambda *_, **__: {}['home']; " if ours else ""
    start = f"import sys; {broken}from installer.cli import main; sys.exit(main({json.dumps(words)}))"
    done = subprocess.run(
        [sys.executable, "-c", start], capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert ("An error inside deploy-tui itself" in done.stderr) == ours
    assert "Traceback" not in done.stderr
    logs = list(tmp_path.glob("deploy-tui-defect-*.log"))
    assert len(logs) == ours and all("KeyError: 'home'" in log.read_text() for log in logs)
