"""Docker's own command, and the image that tests build on. Debian's engine and a debootstrap folder are enough."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess

BASE_IMAGE = os.environ.get("DEPLOY_TUI_TEST_IMAGE", "deploy-tui-test/debian:12")
"""An image that is here already, with Python 3 and libnuma; `.ci/docker` makes it. No registry is asked."""


def docker(*words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=check)


@functools.cache
def missing() -> str:
    """Why no container can be tried here; empty where one can."""
    if shutil.which("docker") is None:
        return "there is no docker here"
    if docker("image", "inspect", BASE_IMAGE).returncode != 0:
        return f"docker's engine or the image {BASE_IMAGE} is not here"
    # On some machines it answers, and may start nothing, or may not open a port.
    tried = docker("run", "--rm", "--publish", "127.0.0.1::9", BASE_IMAGE, "true")
    return "" if tried.returncode == 0 else f"docker starts no container here: {tried.stderr.strip()[-200:]}"
