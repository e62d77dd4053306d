"""What stands between a start and the first frame: nothing that the first frame does not show."""

from __future__ import annotations

import json
import subprocess
import sys

LATER = (
    "installer.ui.screens.progress", "installer.ui.screens.end", "installer.ui.screens.choose",
    "installer.ui.screens.confirm", "installer.ui.screens.help", "installer.ui.screens.log", "installer.ui.run_model",
    "installer.ui.follow", "installer.ui.widgets.log_view", "installer.core.runs.events", "installer.core.plans.plan",
    "installer.session.runs", "installer.cli.grammar.server", "textual.widgets._data_table",
)  # fmt: skip
LATER_ROOMS = (
    "yaml", "httpx", "psutil", "pynvml", "huggingface_hub", "stages", "installer.host", "installer.execution",
    "installer.disk", "installer.packages", "installer.models", "installer.core.recipes", "installer.core.machine",
    "installer.core.files", "installer.core.contracts", "installer.core.secrets",
)  # fmt: skip
START = """
import json, sys
from installer.cli import deadline_options, parser, requests, screen
from installer.session.facade import DeploySession
from installer.ui.app import DeployApp
options = parser.parse(["--home", "/tmp/nowhere"])
deadline_options.check(options)
DeployApp(DeploySession(requests.request_of(options), requests.home_of(options)))
print(json.dumps(sorted(sys.modules)))
"""


def test_a_start_loads_only_what_the_first_frame_shows() -> None:
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert "installer.ui.screens.review" in loaded
    rooms = tuple(f"{room}." for room in LATER_ROOMS)
    assert [name for name in loaded if name in (*LATER, *LATER_ROOMS) or name.startswith(rooms)] == []
