"""What names stand for in Python that a script runs: arguments of the program, parameters, dicts that are spread."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Launch
from installer.shell import procedure

ARGUMENTS = """\
import argparse
from vllm import LLM
parser = argparse.ArgumentParser()
parser.add_argument("--model", "-m", required=True)
parser.add_argument("--tp", type=int, default=2, dest="size")
parser.add_argument("--eager", action="store_true")
args = parser.parse_args()
LLM(model=args.model, tensor_parallel_size=args.size, enforce_eager=args.eager)
"""
PARAMETERS = """\
from vllm import LLM
def load(model, size=2, *, eager=False):
    options = dict(tensor_parallel_size=size, enforce_eager=eager)
    return LLM(model, **options)
load("org/model", eager=True)
"""
TWICE = PARAMETERS + 'load("org/other")\n'


def started(code: str, words: str) -> Launch | None:
    text = f"cat > run.py <<'PY'\n{code}PY\npython3 run.py {words}\n"
    return procedure(text, "start.sh", MachineFacts(python=("3.11",)))[0].launch


@pytest.mark.parametrize(("words", "size"), [("--model=org/model --tp 4", "4"), ("-m org/model", "2")])
def test_arguments_of_the_program_are_what_it_is_started_with_or_their_defaults(words: str, size: str) -> None:
    launch = started(ARGUMENTS, words)
    assert launch and launch.model == "org/model"
    assert launch.arguments[-2:] == ("--tensor-parallel-size", size)


def test_parameters_are_what_every_call_gives_them() -> None:
    launch = started(PARAMETERS, "")
    assert launch and (launch.model, launch.line) == ("org/model", 5)
    assert launch.arguments[-3:] == ("--tensor-parallel-size", "2", "--enforce-eager")
    several = started(TWICE, "")
    assert several and several.model == ""


def test_a_python_file_keeps_its_lines(tmp_path: Path) -> None:
    code = "import subprocess\ncommand = ['vllm', 'serve', 'org/model']\ncommand += ['--port', '1']\n"
    code += "subprocess.run(command)\n"
    (tmp_path / "serve.py").write_text(code, encoding="utf-8")
    launch = procedure(code, "serve.py", MachineFacts(python=("3.11",)), tmp_path)[0].launch
    assert launch and (launch.model, launch.line, launch.arguments[-2:]) == ("org/model", 4, ("--port", "1"))
