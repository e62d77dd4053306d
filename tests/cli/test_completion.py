"""The completion scripts, asked by the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer.cli.completion import script
from stages import STAGES

ROOT = Path(__file__).parents[2]
TOOL = str(Path(sys.executable).with_name("deploy-tui"))
ASK = """\
source {script}
COMP_WORDS=({words} '{last}'); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_shtab_deploy_tui
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script, as the command prints it."""
    file = tmp_path_factory.mktemp("completion") / "deploy-tui.bash"
    done = subprocess.run([TOOL, "completion", "bash"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    file.write_text(done.stdout)
    return file


def offered(file: Path, line: str) -> set[str]:
    """What bash offers for the last word of `line`."""
    *words, last = line.split(" ")
    command = ASK.format(script=file, words=" ".join(words), last=last)
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_commands_and_verbs(bash: Path) -> None:
    assert {"plan", "status", "server", "recipes", "completion"} <= offered(bash, "deploy-tui ")
    assert offered(bash, "deploy-tui server st") == {"start", "stop", "status"}
    assert offered(bash, "deploy-tui plan --st") == {"--strict"}


def test_stages_are_offered_by_name(bash: Path) -> None:
    assert offered(bash, "deploy-tui --stage ") == {"all", *(stage.name for stage in STAGES)}


def test_recipes_are_offered_by_name_or_file(bash: Path) -> None:
    shipped = {path.stem for path in ROOT.glob("recipes/qwen*.yaml")}
    assert offered(bash, "deploy-tui --recipe qwen") == shipped
    assert offered(bash, "deploy-tui server start --recipe recipes/_tem") == {"recipes/_template.yaml"}


def test_files_and_folders(bash: Path) -> None:
    assert "tests/machines/t4.yaml" in offered(bash, "deploy-tui plan --machine tests/machines/")
    assert offered(bash, "deploy-tui --home doc") == {"docs"}


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh here")
def test_zsh_reads_its_script() -> None:
    done = subprocess.run(["zsh", "-n"], input=script("zsh"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_zsh_gets_the_same_words() -> None:
    text = script("zsh")
    assert text.startswith("#compdef deploy-tui")
    assert f"(all {' '.join(stage.name for stage in STAGES)})" in text


def test_another_shell_is_wrong_usage() -> None:
    done = subprocess.run([TOOL, "completion", "tcl"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")


def test_nothing_is_loaded_for_it_before_it_is_asked_for() -> None:
    code = "import installer.cli.parser as p, sys; p.parse(['completion', 'zsh']); print('shtab' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
