"""The machine's door is ready for threads before any of them goes through it."""

from __future__ import annotations

import subprocess
import sys


def test_pythons_own_settings_are_read_before_threads_ask_for_them() -> None:
    code = (
        "import sysconfig; from pathlib import Path; from installer.host.local import LocalHost;"
        "LocalHost(Path('cache')); print('EXE' in (sysconfig._CONFIG_VARS or {}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stderr
