"""A signal to end during a trial on a server: the previous state is restored first.

SIGTERM and SIGHUP are heeded like Ctrl-C. It must never swallow a signal in silence, and takes up none that anyone who
started us ignores.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_TOLD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_Handler = Callable[[int, FrameType | None], object]


@contextmanager
def interruptible(tell: Callable[[str], None]) -> Iterator[None]:
    """The first raises `KeyboardInterrupt`, so that what has to be put back is; later ones must not cut that short."""
    heard: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        if len(heard) == 1:
            raise KeyboardInterrupt
        _answer(tell, number)

    with _handled(interrupt):
        yield


@contextmanager
def postponed(tell: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Nothing is cut short by them here; each is answered with a sentence. Gives a `tell` that never fails: a terminal
    that was closed must not cut it short either."""

    def tell_safely(text: str) -> None:
        with suppress(OSError):
            tell(text)

    with _handled(lambda number, frame: _answer(tell_safely, number)):
        yield tell_safely


def _answer(tell: Callable[[str], None], number: int) -> None:
    tell(f"{signal.Signals(number).name}: the previous state is restored first; this takes as long as a start.")


@contextmanager
def _handled(handler: _Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # where signals cannot be handled
        yield
        return
    before = {number: signal.getsignal(number) for number in _TOLD}
    taken = [number for number, was in before.items() if was not in {signal.SIG_IGN, None}]
    for number in taken:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])
