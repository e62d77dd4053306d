"""Docker's own command, and the image that tests build on. Debian's engine and a debootstrap folder are enough."""

from __future__ import annotations

import os
import shutil
import subprocess

BASE_IMAGE = os.environ.get("DEPLOY_TUI_TEST_IMAGE", "deploy-tui-test/debian:12")
"""An image that is here already, with Python 3 and libnuma; `.ci/docker` makes it. No registry is asked."""


def docker(*words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=check)


def missing() -> str:
    """Why no container can be tried here; empty where one can."""
    if shutil.which("docker") is None:
        return "there is no docker here"
    found = docker("image", "inspect", BASE_IMAGE).returncode == 0
    return "" if found else f"docker's engine or the image {BASE_IMAGE} is not here"
