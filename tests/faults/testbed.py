"""Where one fault is tried: a home, a stack of small wheels, an index, and everything that was said meanwhile.

Whatever is started here ends here.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from installer.core.runs.home import Home
from installer.execution.generations import Generations
from tests.faults.index import Index

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "tests/recipes/mini.yaml"
TOOL = Path(sys.executable).with_name("deploy-tui")
PATIENCE_S = 60.0
"""No command of this small stack takes longer; one that does hangs."""
UPGRADE = ("--set", "engine.requires.0=mini-engine==1.1")
_HIDDEN = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_CACHE_DIR", "DEPLOY_TUI_HOME", "PYTHONPATH", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it printed."""

    words: tuple[str, ...]
    code: int | None
    """`None`: it hung, and was killed."""
    output: str

    def __str__(self) -> str:
        return f"`{' '.join(self.words)}` -> {self.code}"


@dataclass
class Ground:
    root: Path
    """All of it is ours, the home among it."""
    home: Home
    index: Index
    environment: dict[str, str] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    undo: list[Callable[[], object]] = field(default_factory=list)
    """What brings the world back in order, the last first."""
    theirs: dict[Path, bytes] = field(default_factory=dict)
    """Files in the home that are not ours."""

    def __post_init__(self) -> None:
        self.environment = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
        self.environment |= {
            "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": self.index.url, "UV_HTTP_TIMEOUT": "3",
            "UV_HTTP_RETRIES": "1", "FAULT": str(self.root),
        }  # fmt: skip

    @property
    def generations(self) -> Generations:
        return Generations(self.home)

    def command(self, *words: str) -> list[str]:
        return [str(TOOL), "--home", str(self.home.root), *words]

    def deploying(self, *more: str) -> list[str]:
        return self.command("--stage", "2-7", "--recipe", str(RECIPE), "--yes", *more)

    def tool(self, *words: str, **how: object) -> Said:
        return self.ask(self.command(*words), **how)  # type: ignore[arg-type]

    def ask(
        self, command: Sequence[str], *, environment: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> Said:
        return self.wait(self.start(command, environment=environment, folder=folder))

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        stdout: int | None = None,
    ) -> subprocess.Popen[str]:
        """A command as from a terminal: it hears signals, also where we run in the background."""
        return subprocess.Popen(
            ("env", "--default-signal=INT,HUP,QUIT", *command), text=True, errors="replace", cwd=folder,
            env={**self.environment, **(environment or {})}, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout is None else stdout, stderr=subprocess.PIPE,
        )  # fmt: skip

    def wait(self, process: subprocess.Popen[str]) -> Said:
        assert isinstance(process.args, tuple)
        words = tuple(str(word) for word in process.args[3:])
        try:
            out, errors = process.communicate(timeout=PATIENCE_S)
            said = Said(words, process.returncode, (out or "") + errors)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, errors = process.communicate()
            said = Said(words, None, (out or "") + errors)
        self.said.append(said)
        return said

    def until_events(self, count: int, process: subprocess.Popen[str]) -> bool:
        """Wait until the newest run has written so many lines; whether it did before its command ended."""
        while process.poll() is None:
            journals = sorted(self.home.runs.glob("*/journal.jsonl"))
            try:
                if journals and journals[-1].read_bytes().count(b"\n") >= count:
                    return True
            except OSError:
                return False
            time.sleep(0.005)
        return False

    def processes(self) -> dict[int, str]:
        """What runs for this ground: whatever has its folder in its words or in its environment."""
        mark, found = os.fsencode(self.root), {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            try:
                words = (entry / "cmdline").read_bytes()
                if words and (mark in words or b"FAULT=" + mark in (entry / "environ").read_bytes().split(b"\0")):
                    found[int(entry.name)] = words.replace(b"\0", b" ").decode("utf-8", "replace").strip()
            except OSError:
                continue
        return found

    def repair(self) -> None:
        """The world is in order again."""
        while self.undo:
            self.undo.pop()()

    def end(self) -> None:
        """Nothing of it stays."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.repair()
        shutil.rmtree(self.root, ignore_errors=True)
