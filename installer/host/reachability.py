"""Whether the package index or the model hub answers. Asks only when told to, and for three seconds at most."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from installer.host import pip_config, process
from installer.host.background_call import BackgroundCall

_LIMIT_S = 3.0
_HUB = "https://huggingface.co"


def online(environment: Mapping[str, str] = os.environ) -> bool:
    """True where at least one of the two answers, whatever it says."""
    until = time.monotonic() + _LIMIT_S
    index, hub = addresses(environment)
    ask_index: Callable[[], bool] = partial(answers, index) if index else default_index_answers
    asked = [BackgroundCall(ask_index, False), BackgroundCall(partial(answers, hub), False)]
    return any(question.answer(until) for question in asked)


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
    """Whether uv reaches the index that it uses where nobody names one."""
    import uv

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "wanted.txt").write_text("packaging\n", encoding="utf-8")
        command = [str(uv.find_uv_bin()), "pip", "compile", "--no-deps", "--no-cache", "-q", "wanted.txt"]
        return process.run(command, folder=Path(folder), timeout_s=_LIMIT_S - 0.5).code == 0
