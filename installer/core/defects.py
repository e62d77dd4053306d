"""Whose mistake it is, by mechanism: an exception that was not raised on purpose is a defect of this tool.

Whatever is wrong with a recipe, a command line, a machine or a package is a `DeployError`, raised where it was noticed;
so what escapes as anything else was not predicted by us. Never decides by words.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from installer.core.errors import DefectError
from installer.core.secrets import Redactor, redact

_ROOT = Path(__file__).resolve().parents[2]
_LONGEST = 300


def defect_of(error: BaseException) -> DefectError:
    """The three sentences of a defect, with the last place of ours that it came through."""
    text = redact(" ".join(str(error).split()))[:_LONGEST]
    name = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return DefectError(
        f"An error inside deploy-tui itself: {name}.",
        f"Neither your recipe nor your machine caused it{_place(error)}, and no check predicted it.",
        "`deploy-tui ticket` packs the logs into one file for a report; the same command continues where it stopped.",
    )


def traceback_of(redactor: Redactor) -> str:
    """That of the exception that is being handled, for a file."""
    return "".join(f"{redactor.text(line)}\n" for line in traceback.format_exc().splitlines())


def _place(error: BaseException) -> str:
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if file.is_relative_to(_ROOT) and file.relative_to(_ROOT).parts[0] in ("installer", "stages"):
            return f" ({file.relative_to(_ROOT)}, line {frame.lineno}, in {frame.name})"
    return ""
