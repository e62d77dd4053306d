"""Questions that are asked side by side, each once, and waited for no longer than a bound over all of them.

Only waiting counts against the bound: what is asked early and answered while something else goes on costs nothing.
It must never hand on an exception of a question; that one counts as not answered.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_SIDE_BY_SIDE = 12


class Waiting:
    """Thread-safe."""

    def __init__(self, bound_s: float) -> None:
        self._pool = ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE, thread_name_prefix="looks")
        self._asked: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()
        self._bound_s = bound_s
        self._waiters = 0
        self._since = 0.0
        self._spent = 0.0
        self.late = 0
        """Questions that were not answered in time."""

    @property
    def left_s(self) -> float:
        """Seconds that may still be waited."""
        with self._lock:
            running = time.monotonic() - self._since if self._waiters else 0.0
            return max(0.0, self._bound_s - self._spent - running)

    def begin(self, key: Hashable, ask: Callable[[], T]) -> Future[T] | None:
        """Ask, unless it was asked before; the answer may be waited for later."""
        with self._lock:
            if key not in self._asked:
                try:
                    self._asked[key] = self._pool.submit(ask)
                except RuntimeError:
                    return None  # closed
            return self._asked[key]

    def answer(self, key: Hashable, ask: Callable[[], T], otherwise: T) -> T:
        """The answer, or `otherwise` where it does not come in time."""
        asked = self.begin(key, ask)
        if asked is None:
            return otherwise
        try:
            if asked.done():
                return asked.result()
            with self._counted():
                return asked.result(timeout=self.left_s)
        except (Late, CancelledError):
            self.late += 1
            return otherwise
        except Exception:
            # What cannot be looked at is not known; why is for the log, not for the person.
            _LOG.debug("could not look at %s", key, exc_info=True)
            return otherwise

    def close(self) -> None:
        """Begin nothing more; what is being asked ends by its own bound, and nobody waits for it."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            if not self._waiters:
                self._since = time.monotonic()
            self._waiters += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiters -= 1
                if not self._waiters:
                    self._spent += time.monotonic() - self._since
