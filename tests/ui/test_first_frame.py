"""What stands between a start and the first frame: nothing that the first frame does not show."""

from __future__ import annotations

import json
import subprocess
import sys

LATER = (
    "installer.ui.screens.progress", "installer.ui.screens.end", "installer.ui.screens.choose",
    "installer.ui.screens.confirm", "installer.ui.screens.help", "installer.ui.screens.log",
    "installer.ui.widgets.log_view", "textual.widgets._data_table",
)  # fmt: skip
NEVER = ("yaml", "httpx", "psutil", "pynvml", "huggingface_hub", "installer.session", "stages")


def test_the_app_imports_only_what_it_shows_first() -> None:
    code = "import sys, json, installer.ui.app; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "installer.ui.screens.review" in loaded
    assert loaded & {*LATER, *NEVER} == set()
