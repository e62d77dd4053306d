"""Whether the package index or the model hub answers. Asks only when told to, and for three seconds at most."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from installer.core.contracts.host import Completed
from installer.host import pip_config, process, scratch
from installer.host.background_call import BackgroundCall

_LIMIT_S = 3.0
_HUB = "https://huggingface.co"
_WANTED = "packaging"
"""A small package that every index has."""
_LOOKED_UP = re.compile(rf"(?P<index>https?://[^\s'\"]{{1,400}})/{_WANTED}/")


def online(environment: Mapping[str, str] = os.environ) -> bool | None:
    """Whether at least one of the two answers, whatever it says; `None` if the index could not even be asked."""
    until = time.monotonic() + _LIMIT_S
    index, hub = addresses(environment)
    ask_index: Callable[[], bool | None] = partial(answers, index) if index else default_index_answers
    by_index = BackgroundCall[bool | None](_unless_broken(ask_index), False)
    by_hub = BackgroundCall(partial(answers, hub), False)
    return True if by_hub.answer(until) else by_index.answer(until)


def _unless_broken(ask: Callable[[], bool | None]) -> Callable[[], bool | None]:
    """An answer, or `None` if this machine itself (no temporary folder) prevents the question."""

    def asked() -> bool | None:
        try:
            return ask()
        except OSError:
            return None

    return asked


def addresses(environment: Mapping[str, str]) -> tuple[str | None, str]:
    """The package index and the model hub, as this machine's configuration names them.

    `None`: no index is named, so it is the one that uv knows by itself.
    """
    index = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    return (
        index or pip_config.read(environment).index_url,
        environment.get("HF_ENDPOINT") or _HUB,
    )


def answers(url: str) -> bool:
    """Whether anything answers there over HTTP."""
    import httpx

    try:
        httpx.head(url, timeout=_LIMIT_S - 0.5)
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return False
    return True


def default_index_answers() -> bool:
    """Whether uv reaches the index that it uses by default. Raises `OSError` without a folder for it."""
    return _resolve_by_uv("-q").code == 0


def default_index(environment: Mapping[str, str] | None = None) -> str | None:
    """That index, as uv itself says while it looks something up; `None` if it does not come to that."""
    found = _LOOKED_UP.search(_resolve_by_uv("-v", environment).output)
    return found["index"] if found else None


def _resolve_by_uv(loudness: str, environment: Mapping[str, str] | None = None) -> Completed:
    import uv

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "wanted.txt").write_text(f"{_WANTED}\n", encoding="utf-8")
        asked = ["pip", "compile", "--no-deps", "--no-cache", "--python", sys.executable, loudness, "wanted.txt"]
        command = [str(uv.find_uv_bin()), *asked]
        # uv does not look for another temporary folder where TMPDIR names one that does not exist.
        asking = {**(process.usual_environment() if environment is None else environment), scratch.VARIABLE: folder}
        return process.run(command, environment=asking, folder=Path(folder), timeout_s=_LIMIT_S - 0.5)
