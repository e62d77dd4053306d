"""What uv's resolver alone says of a case: all that the script requires, in one `uv pip compile`.

It knows nothing of steps, indexes of their own, GPUs, models or flags; that is what the table shows.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from uv import find_uv_bin

from installer.core.plans.procedure import Install
from installer.shell import procedure
from tests.corpus.cases import Run

_UV = find_uv_bin()  # here, since finding it is not safe in several threads at once
NOT_PUBLISHED = ("git+", "http:", "https:", "/", ".")


def _asked(run: Run) -> tuple[str, list[str]]:
    """The Python that a script installs for, and all that it requires."""
    if run.recipe:
        return "", []
    followed, _ = procedure(run.script.read_text(encoding="utf-8"), run.name, run.facts)
    wanted = [text for step in followed.steps if isinstance(step, Install) for text in step.requires]
    return followed.python or (run.facts.python or ("3.12",))[0], wanted


def compiled(run: Run, cache: Path) -> str:
    python, wanted = _asked(run)
    asked = [text for text in wanted if not text.startswith(NOT_PUBLISHED)]
    if not asked:
        return "nothing to solve"
    glibc = (run.facts.os.glibc or "2.35").replace(".", "_")
    command = [_UV, "pip", "compile", "-", "--quiet", "--no-header", "--python-version", python]
    command += ["--python-platform", f"x86_64-manylinux_{glibc}", "--exclude-newer", run.as_of]
    done = subprocess.run(
        command,
        input="\n".join(asked),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "UV_CACHE_DIR": str(cache)},
    )
    return "solved" if done.returncode == 0 else "refused"
