"""The tool, with a home and a small package index of its own, as a person would call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.stand_ins import package_index
from tests.stand_ins.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
TOOL = str(Path(sys.executable).with_name("deploy-tui"))


class PlanningLab:
    def __init__(self, root: Path, index: package_index.Index) -> None:
        self.root, self.index, self.home = root, index, root / "home"
        hidden = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_CACHE_DIR", "DEPLOY_TUI_HOME", "HF_TOKEN")
        self.environment = {k: v for k, v in os.environ.items() if k not in hidden}
        self.environment |= {
            "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": index.url, "HF_ENDPOINT": "http://127.0.0.1:9",
        }  # fmt: skip

    def tool(self, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [TOOL, *words, "--home", str(self.home)]
        options.setdefault("stdin", None if "input" in options else subprocess.DEVNULL)
        if options["stdin"] is None:
            del options["stdin"]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S, **options
        )

    def document(self, *words: str) -> dict[str, Any]:
        done = self.tool(*words, "--json")
        assert done.stdout, done.stderr
        return {**json.loads(done.stdout), "status": done.returncode}

    def script(self, text: str) -> str:
        file = self.root / "start.sh"
        file.write_text(text, encoding="utf-8")
        return str(file)
