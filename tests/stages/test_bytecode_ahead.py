"""Which bytecode is compiled before stage 9 imports it, by a real Python and a small package."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.machine.facts import Cpu
from installer.core.recipes.recipe import Verification
from installer.session.compiling_ahead import CompilingAhead
from stages import bytecode_ahead
from tests.stages.test_kernels_ahead import context
from tests.stand_ins.context import RecordingContext

_PACKAGE = {
    "__init__.py": "from .core import thing\nfrom mini import listed\nfrom typing import TYPE_CHECKING\n"
    "if TYPE_CHECKING:\n    from . import hinted\nimport mini.deep.inner\n"
    "class Run:\n    def serve(self):\n        from .served import server\n",
    "core.py": "from .broken import nothing\ndef thing():\n    import mini.late\n",
    "listed.py": "",
    "broken.py": "def (",
    "hinted.py": "",
    "late.py": "",
    "served.py": "",
    "deep/__init__.py": "",
    "deep/inner.py": "import torch.missing, os\nfrom . import beside as one\n",
    "deep/beside.py": "",
}


def ready(root: Path, monkeypatch: pytest.MonkeyPatch, cores: int | None) -> RecordingContext:
    ctx = context(root, monkeypatch, compiler=False)
    ctx.recipe = replace(ctx.recipe, verification=Verification(imports=("mini",)))
    ctx.facts = replace(ctx.facts, cpu=Cpu(cores=cores))
    return ctx


@pytest.mark.parametrize("cores", [None, 1, 2, 3])
def test_too_few_cores_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: int | None) -> None:
    assert bytecode_ahead.job(ready(tmp_path, monkeypatch, cores)) is None


def test_it_begins_with_what_is_verified_and_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = bytecode_ahead.job(ready(tmp_path, monkeypatch, 64))
    assert job is not None
    assert job.command[-3:] == ("--processes=16", "mini", "sglang.launch_server")


def test_what_will_be_imported_is_compiled_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = ready(tmp_path, monkeypatch, 4)
    assert ctx.environment is not None
    command = [ctx.host.uv(), "venv", "-q", "--clear", "--python", sys.executable, str(ctx.environment)]
    subprocess.run(command, check=True)
    package = next(ctx.environment.glob("lib/python3*/site-packages")) / "mini"
    for name, text in _PACKAGE.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    ahead = CompilingAhead(ctx.events.append, threading.Event(), (8, 9))
    ahead.before(ctx)
    ahead.join()
    made = {path.name.partition(".")[0] for path in package.rglob("*.pyc")}
    assert made == {"__init__", "core", "listed", "inner", "beside", "served"}
    assert len(list(package.rglob("__init__*.pyc"))) == 2
    assert ctx.printed == ["8 modules have their bytecode"] and ctx.noticed == []
