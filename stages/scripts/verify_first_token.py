"""Whether the engine lives through its first token: in a process of its own, because it may not.

That process is a copy of this one as it was after the imports: nothing in it has computed yet, so nothing has asked the
kernel for anything on the engine's behalf. An engine whose imports already talk to the GPU cannot be tried in a copy;
its process is a new one, `verify_first_token.py REQUEST FOLDER`. Either runs next to the checks that follow. Last, that
process asks the engine's own configuration whether it takes the server's settings for the whole model.

What keeps the engine from being built here (a model of a kind that cannot be cut to one layer) is no verdict on the
server, and is reported as that; unless it is built once the settings are taken away that decide which code runs.
"""

from __future__ import annotations

import atexit
import faulthandler
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

FAILED, OK, SKIPPED, INFO = "failed", "ok", "skipped", "info"
Result = tuple[str, str, list[str], dict[str, Any]]
"""As those of verify.py; last, what is to be said of it elsewhere."""
_REFUSED = {"code": "settings-refused"}
_PATIENCE_S = 300.0
"""Seconds; the first time, kernels are compiled for the GPU."""
_EVERY_S = 10.0
_COMPILERS = frozenset({"ninja", "nvcc", "cicc", "ptxas", "cudafe++", "cc1plus"})
_FRAME = re.compile(r'Current thread .*\n  File "([^"]+)", line (\d+) in (\S+)')


class Attempt:
    """One engine's first token. `wanted`: what the stage requires; `compiled`: where compilers keep what they make."""

    def __init__(
        self, wanted: Mapping[str, Any] | None, sibling_module: Callable[[str], Any], compiled: str = ""
    ) -> None:
        self.wanted, self.sibling_module, self.compiled = wanted, sibling_module, compiled
        self.folder: Path | None = None
        self.pid = 0
        self.began = 0.0
        if wanted and wanted["model"] and wanted.get("fresh"):
            self._start(wanted)

    def begin(self) -> None:
        """Copy this process as it is now, where a copy is to try it. What prevents that, `result` meets again."""
        if self.wanted and self.wanted["model"] and self.folder is None:
            with suppress(OSError):
                self._start(self.wanted)

    def result(self) -> Result:
        """Waits for its end; never longer than the patience, counted from its start."""
        if not self.wanted:
            return SKIPPED, "it is not known how to try this engine without its server", [], {}
        if not self.wanted["model"]:
            return SKIPPED, "there is no model yet", [], {}
        if not self.pid:
            self._start(self.wanted)
        assert self.folder is not None
        code = self._ended()
        result = _result(self.folder)
        failed = bool(code and code > 0) and result.get("doing") == "building" and not result.get("refused")
        if failed and (to_blame := self._to_blame(self.wanted)):
            said = f"the engine cannot be built with {to_blame}, and can be without: {result.get('error', '')}"
            return FAILED, said, [], _REFUSED
        return _assessed(self.folder, code, self.began, self.wanted)

    def _to_blame(self, wanted: Mapping[str, Any]) -> str:
        """The settings without which it is built, as words; empty if there are none, or it is not built either."""
        configuration = self.sibling_module("verify_configuration")
        kept, taken = configuration.without(wanted["options"], wanted.get("judged", ()))
        if not taken:
            return ""
        control = Attempt({**wanted, "options": kept, "words": None, "fresh": True}, self.sibling_module, self.compiled)
        control._ended()
        built = control.folder is not None and _result(control.folder).get("doing") in ("generating", "done")
        return " ".join(taken) if built else ""

    def _start(self, wanted: Mapping[str, Any]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="first-token-"))
        atexit.register(self._gone, os.getpid())
        sys.stdout.flush()
        sys.stderr.flush()
        self.began = time.monotonic()
        if wanted.get("fresh"):
            (self.folder / "wanted.json").write_text(json.dumps(wanted))
            self.pid = subprocess.Popen([sys.executable, "-I", __file__, str(self.folder)], start_new_session=True).pid
        else:
            self.pid = os.fork()
            if self.pid == 0:
                os._exit(child(wanted, self.sibling_module, self.folder))

    def _ended(self) -> int | None:
        """How the process ended; `None`: it did not, and was killed."""
        reported_at = time.monotonic()
        while time.monotonic() - self.began < _PATIENCE_S:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() - reported_at > _EVERY_S:
                reported_at = time.monotonic()
                _tell(f"first token: {reported_at - self.began:.0f} s so far{_compiling(self.pid, self.compiled)}")
            time.sleep(0.05)
        self._kill()
        return None

    def _kill(self) -> None:
        """The process, and what it started where it leads a session of its own."""
        try:
            (os.killpg if self.wanted and self.wanted.get("fresh") else os.kill)(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except OSError:
            pass
        self.pid = 0

    def _gone(self, owner: int) -> None:
        if os.getpid() != owner:
            return
        if self.pid:
            self._kill()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def child(wanted: Mapping[str, Any], sibling_module: Callable[[str], Any], folder: Path) -> int:
    """In the process of its own: builds the engine and lets it generate; says in `folder` how far it came."""
    os.environ.update({**wanted["environment"], "TMPDIR": str(folder)})
    tempfile.tempdir = None
    before, code = dict(os.environ), 0
    try:
        with (folder / "fault").open("w") as fault:
            faulthandler.enable(fault)
            _say(folder, doing="building")
            engine = sibling_module(wanted["script"])
            tokens = engine.generate(
                wanted["model"], one_layer(wanted["model"]), wanted["options"], lambda: _say(folder, doing="generating")
            )
            _say(folder, doing="done", tokens=tokens, pools="runner" in wanted["options"], at=time.monotonic())
    except BaseException as error:
        traceback.print_exc()
        _say(folder, **{**_result(folder), "error": sibling_module("verify_configuration").named(error)})
        code = 1
    _configure(wanted, sibling_module, folder, before)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _configure(
    wanted: Mapping[str, Any], sibling_module: Callable[[str], Any], folder: Path, environment: Mapping[str, str]
) -> None:
    """Says whether the engine takes the server's own settings; what trying one layer has set does not count."""
    os.environ.clear()
    os.environ.update(environment)
    try:
        configure = getattr(sibling_module(wanted["script"]), "configure", None)
    except Exception:  # told above
        return
    refused = sibling_module("verify_configuration").refusal(configure, wanted.get("words"))
    _say(folder, **{**_result(folder), "refused": refused})


def one_layer(model: str) -> dict[str, Any]:
    """What makes the model's configuration one of a single layer, with full attention where it has any."""
    config = json.loads((Path(model) / "config.json").read_text())
    inner = config.get("text_config")
    return {**_shortened(config), **({"text_config": _shortened(inner)} if isinstance(inner, dict) else {})}


def _shortened(config: Mapping[str, Any]) -> dict[str, Any]:
    if "num_hidden_layers" not in config:
        return {}
    kinds = config.get("layer_types")
    if not isinstance(kinds, list):
        return {"num_hidden_layers": 1}
    return {"num_hidden_layers": 1, "layer_types": sorted(kinds, key=lambda kind: "full" not in str(kind))[:1]}


def _tell(text: str) -> None:
    sys.stdout.write(f"        {text}\n")
    sys.stdout.flush()


def _compiling(session: int, folder: str) -> str:
    """Whether a compiler runs in that session, or works in that folder: the kernels of a GPU are compiled once.

    They are compiled when they are first needed, or by a process that was started before; the engine waits for that.
    """
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (process / "stat").read_text().rpartition(")")
            if name.partition("(")[2] not in _COMPILERS:
                continue
            if int(rest.split()[3]) == session or (folder and _inside(str((process / "cwd").readlink()), folder)):
                return "; kernels are being compiled for this GPU, once"
        except (OSError, ValueError, IndexError):
            continue
    return ""


def _inside(place: str, folder: str) -> bool:
    return os.path.commonpath((os.path.realpath(folder), place)) == os.path.realpath(folder)


def _assessed(folder: Path, code: int | None, began: float, wanted: Mapping[str, Any]) -> Result:
    result = _result(folder)
    doing = "its first token" if result.get("doing") == "generating" else "being built"
    if result.get("refused"):
        return FAILED, f"the engine refuses these settings for this model: {result['refused']}", [], _REFUSED
    if result.get("tokens") and not result.get("error"):
        does = "answers" if result.get("pools") else "generates"
        seconds = result["at"] - began  # this clock is that of all processes
        return OK, f"the engine {does}, with made-up weights in one layer ({seconds:.0f} s)", [], {}
    if code is None:
        return INFO, f"not tried to the end: it was still at {doing} after {_PATIENCE_S:.0f} s", [], {}
    if code < 0:
        return FAILED, f"the engine was ended by {_name(-code)} at {doing}", _where(folder), {}
    error = result.get("error") or f"it ended with status {code}"
    if result.get("doing") == "building":
        return INFO, f"not tried: the engine could not be built with one layer ({error})", [], {}
    conclusive, inconclusive = wanted.get("conclusive"), wanted.get("inconclusive")
    if (conclusive and not re.search(conclusive, error)) or (inconclusive and re.search(inconclusive, error)):
        return INFO, f"not tried to the end: {error}", [], {}
    return FAILED, f"the engine failed at {doing}: {error}", [], {}


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


def _result(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(_text(folder / "said.json")))
    except ValueError:
        return {}


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _sibling_module(name: str) -> Any:
    path = Path(__file__).parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"_deploy_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    place = Path(sys.argv[1])
    sys.exit(child(json.loads((place / "wanted.json").read_text()), _sibling_module, place))
