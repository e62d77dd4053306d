"""Every file under tests/bad_input commits one sin, and is refused with its line and a sentence about it."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import yaml

from installer.core.errors import ExitCode, UsageError
from installer.core.files.document import parse
from installer.core.machine import loader
from installer.core.recipes import loader as recipe_loader
from installer.host.documents import read_document

FOLDER = Path(__file__).parent.parent / "bad_input"
EXPECTED: dict[str, tuple[int, str]] = yaml.safe_load((FOLDER / "expected.yaml").read_text(encoding="utf-8"))
READERS = {
    "documents": parse,
    "recipes": partial(recipe_loader.load, engines=("sglang", "vllm")),
    "machines": loader.parse,
}


def test_every_file_has_its_expectation() -> None:
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*")}
    assert files == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_it_is_refused_with_its_line(name: str) -> None:
    line, phrase = EXPECTED[name]
    path = FOLDER / name
    with pytest.raises(UsageError) as caught:
        READERS[path.parent.name](read_document(path), str(path))
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.what.startswith(f"{path} is not a valid ")
    assert caught.value.what.endswith(": 1 problem."), caught.value.why
    assert caught.value.why.startswith(f"{path}:{line}: ")
    assert phrase in caught.value.why
    assert caught.value.fix


@pytest.mark.parametrize("name", sorted(name for name in EXPECTED if "secret" in name or "password" in name))
def test_a_secret_is_not_repeated(name: str) -> None:
    path = FOLDER / name
    with pytest.raises(UsageError) as caught:
        READERS[path.parent.name](read_document(path), "x.yaml")
    assert not any(secret in str(caught.value) for secret in ("hf_abcdefghijklmnop", "hunter22"))


@pytest.mark.parametrize("name", ["documents/billion-laughs.yaml", "recipes/requirement-shell.yaml"])
def test_the_command_line_says_it_too(name: str, tmp_path: Path) -> None:
    path = FOLDER / name
    command = [sys.executable, "-m", "installer", "recipes", "lint", str(path)]
    done = subprocess.run(
        command, cwd=FOLDER.parent.parent, env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{path}:{EXPECTED[name][0]}: " in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
