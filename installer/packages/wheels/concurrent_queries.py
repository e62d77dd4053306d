"""Questions that are asked side by side, each once, and waited for no longer than a bound over all of them.

Only waiting counts against the bound: what is asked early and answered while something else runs costs nothing.
It must never pass on an exception of a question (that one counts as not answered), nor keep the process alive: a
look-up of a name may hang for longer than any limit that can be set.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from typing import Any, TypeVar

from installer.core import threads

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_SIDE_BY_SIDE = 12


def side_by_side(asks: Sequence[Callable[[], T]], otherwise: T, until_s: float) -> list[T]:
    """All answers in order, each within `until_s`; `otherwise` for those that did not come, or failed."""
    crew, deadline = DaemonPool(len(asks)), time.monotonic() + until_s
    begun = [crew.begin(ask) for ask in asks]
    answers: list[T] = []
    for asked in begun:
        try:
            answers.append(asked.result(max(0.0, deadline - time.monotonic())) if asked else otherwise)
        except Exception:
            _LOG.debug("not answered", exc_info=True)
            answers.append(otherwise)
    crew.close()
    return answers


class DaemonPool:
    """Threads that do not keep the process alive, which those of `concurrent.futures` do."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._queue: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._changed = threading.Condition()
        self._idle = self._threads = 0
        self._closed = False

    def begin(self, ask: Callable[[], T]) -> Future[T] | None:
        """Ask on one of the threads; `None` if they are closed."""
        with self._changed:
            if self._closed:
                return None
            asked: Future[T] = Future()
            self._queue.append((asked, ask))
            if self._idle < len(self._queue) and self._threads < self._most:
                self._threads += 1
                threads.begin(self._work, "lookups")
            self._changed.notify()
            return asked

    def close(self) -> None:
        """What has begun continues; what has not is cancelled."""
        with self._changed:
            self._closed = True
            for asked, _ in self._queue:
                asked.cancel()
            self._queue.clear()
            self._changed.notify_all()

    def _work(self) -> None:
        while (task := self._next()) is not None:
            asked, ask = task
            if not asked.set_running_or_notify_cancel():
                continue
            try:
                asked.set_result(ask())
            except BaseException as error:
                asked.set_exception(error)

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        with self._changed:
            while not self._queue:
                if self._closed:
                    return None
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            return self._queue.popleft()


class Waiting:
    """Thread-safe."""

    def __init__(self, bound_s: float) -> None:
        self._crew = DaemonPool(_SIDE_BY_SIDE)
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
                begun = self._crew.begin(ask)
                if begun is None:
                    return None  # closed
                self._asked[key] = begun
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
        """Begin nothing more; requests in progress end by their own limit, and are not waited for."""
        self._crew.close()

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
