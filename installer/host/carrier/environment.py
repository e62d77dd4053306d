"""The Python that has pyinfra: our own if it was installed with us, else of an environment for it alone.

What is installed is checked against the hashes next to this module.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
from pathlib import Path

import uv

from installer.core.errors import DeployError
from installer.core.secrets.inherited import inherited
from installer.host.process import clean_environment, own_python

_WANTED = Path(__file__).with_name("requirements.txt")
_INSTALL_S = 600.0


def python(cache: Path) -> Path:
    """Slow the first time: fetches some 20 MB. `cache`: where the environment is kept. Raises `DeployError`."""
    if importlib.util.find_spec("pyinfra"):
        return Path(own_python())
    place = cache / f"pyinfra-{hashlib.sha256(_WANTED.read_bytes()).hexdigest()[:12]}"
    found = place / "bin/python"
    if (place / "whole").exists():
        return found
    shutil.rmtree(place, ignore_errors=True)
    _uv("venv", "--quiet", "--python", own_python(), str(place))
    _uv("pip", "install", "--quiet", "--require-hashes", "--python", str(found), "-r", str(_WANTED))
    (place / "whole").touch()
    return found


def _uv(*words: str) -> None:
    done = subprocess.run(
        [uv.find_uv_bin(), *words], env=inherited(clean_environment(), "packages"), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=_INSTALL_S, check=False,
    )  # fmt: skip
    if done.returncode:
        raise DeployError(
            "pyinfra could not be installed.", done.stderr.strip()[-300:],
            "Install it with deploy-tui (the extra pyinfra), or leave out `carrier: pyinfra`.",
        )  # fmt: skip
