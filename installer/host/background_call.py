"""A question to the machine that is answered next to others.

Never lets a slow or broken answer hold up the rest or break it: after the deadline, or on any error, the answer is
"not known", whatever the asker says that looks like.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from installer.core import threads

T = TypeVar("T")


def attempt(ask: Callable[[], T], otherwise: T) -> T:
    """The answer, or `otherwise` where it is not available."""
    try:
        return ask()
    except Exception:
        # A fact that cannot be read is an unknown fact; the reason is for the log, not for the person.
        import logging

        logging.getLogger(__name__).debug("could not read %s", ask, exc_info=True)
        return otherwise


class BackgroundCall(Generic[T]):
    """Asked at once, on a thread that does not keep the process alive."""

    def __init__(self, ask: Callable[[], T], otherwise: T) -> None:
        self._answer = otherwise
        self._thread = threads.begin(partial(self._run, ask), "question")

    def _run(self, ask: Callable[[], T]) -> None:
        self._answer = attempt(ask, self._answer)

    def answer(self, until: float) -> T:
        """The answer, waiting for it no longer than `until` (`time.monotonic`)."""
        self._thread.join(max(0.0, until - time.monotonic()))
        return self._answer
