"""Whether the engine lives through its first token: in a process of its own, because it may not.

That process is a copy of this one as it was after the imports: nothing in it has computed yet, so nothing has asked the
kernel for anything on the engine's behalf. What keeps the engine from being built here (a model of a kind that cannot
be cut to one layer) is no verdict on the server, and is told as that.
"""

from __future__ import annotations

import faulthandler
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

FAILED, OK, SKIPPED, INFO = "failed", "ok", "skipped", "info"
Result = tuple[str, str, list[str]]
_PATIENCE_S = 120.0
_FRAME = re.compile(r'Current thread .*\n  File "([^"]+)", line (\d+) in (\S+)')


def check(wanted: Mapping[str, Any] | None, beside: Callable[[str], Any]) -> Result:
    """`wanted`: script, model, options and environment; `beside` loads a file of ours."""
    if not wanted:
        return SKIPPED, "it is not known how to try this engine without its server", []
    if not wanted["model"]:
        return SKIPPED, "there is no model yet", []
    folder = Path(tempfile.mkdtemp(prefix="first-token-"))
    try:
        return _judged(folder, *_tried(wanted, beside, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tried(wanted: Mapping[str, Any], beside: Callable[[str], Any], folder: Path) -> tuple[int | None, float]:
    """How the process ended (`None`: it did not), and after how many seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os._exit(_child(wanted, beside, folder))
    while time.monotonic() - began < _PATIENCE_S:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), time.monotonic() - began
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None, time.monotonic() - began


def _child(wanted: Mapping[str, Any], beside: Callable[[str], Any], folder: Path) -> int:
    os.environ.update({**wanted["environment"], "TMPDIR": str(folder)})
    tempfile.tempdir = None
    try:
        with (folder / "fault").open("w") as fault:
            faulthandler.enable(fault)
            _say(folder, doing="building")
            engine = beside(wanted["script"])
            built = engine.build(wanted["model"], wanted["options"])
            _say(folder, doing="generating")
            _say(folder, doing="done", tokens=engine.generate(built))
    except BaseException as error:
        traceback.print_exc()
        _say(folder, **{**_said(folder), "error": f"{type(error).__name__}: {error}"[:400]})
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _judged(folder: Path, code: int | None, seconds: float) -> Result:
    said = _said(folder)
    doing = "its first token" if said.get("doing") == "generating" else "being built"
    if code == 0 and said.get("tokens"):
        return OK, f"the engine generates, with made-up weights in one layer ({seconds:.0f} s)", []
    if code is None:
        return INFO, f"not tried to the end: it was still at {doing} after {_PATIENCE_S:.0f} s", []
    if code < 0:
        return FAILED, f"the engine was ended by {_name(-code)} at {doing}", _where(folder)
    if said.get("doing") == "building":
        return INFO, f"not tried: the engine could not be built with one layer ({said.get('error', code)})", []
    return FAILED, f"the engine failed at {doing}: {said.get('error') or f'it ended with status {code}'}", []


def _name(number: int) -> str:
    try:
        return f"{signal.Signals(number).name} ({(signal.strsignal(number) or '').lower()})"
    except ValueError:
        return f"signal {number}"


def _where(folder: Path) -> list[str]:
    found = _FRAME.search(_text(folder / "fault"))
    return [f"in {found[3]} ({found[1]}, line {found[2]})"] if found else []


def _say(folder: Path, **body: Any) -> None:
    (folder / "said.json").write_text(json.dumps(body))


def _said(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(_text(folder / "said.json")))
    except ValueError:
        return {}


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
