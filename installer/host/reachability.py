"""Whether the package index or the model hub answers. Asks only when told to, and for three seconds at most."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import partial

from installer.host import pip_config
from installer.host.question import Question

_LIMIT_S = 3.0
_INDEX = "https://pypi.org/simple/"
_HUB = "https://huggingface.co"


def online(environment: Mapping[str, str] = os.environ) -> bool:
    """True where at least one of the two answers, whatever it says."""
    until = time.monotonic() + _LIMIT_S
    asked = [Question(partial(answers, url), False) for url in addresses(environment)]
    return any(question.answer(until) for question in asked)


def addresses(environment: Mapping[str, str]) -> tuple[str, str]:
    """The package index and the model hub, as this machine's configuration names them."""
    index = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    return (
        index or pip_config.read(environment).index_url or _INDEX,
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
