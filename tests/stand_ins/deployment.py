"""Driving the installed command on a home of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from installer.core.runs.home import Home

TOOL = str(Path(sys.executable).with_name("deploy-tui"))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Deployment:
    root: Path
    port: int = field(default_factory=free_port)

    @property
    def home(self) -> Home:
        return Home(self.root)

    @property
    def settings(self) -> tuple[str, ...]:
        return ("--set", f"server.port={self.port}")

    def command(self, *words: str) -> list[str]:
        return [TOOL, "--home", str(self.root), *words]

    def tool(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if k != "DEPLOY_TUI_HOME"}
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=environment
        )

    def json(self, *words: str) -> dict[str, Any]:
        done = self.tool(*words, "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def processes(self) -> Iterator[psutil.Process]:
        """Every process that runs from, or for, this home."""
        for process in psutil.process_iter(["cmdline", "status"]):
            words = " ".join(process.info["cmdline"] or [])
            if str(self.root) in words and process.info["status"] != psutil.STATUS_ZOMBIE:
                yield process
