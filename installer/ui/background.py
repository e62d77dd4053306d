"""Slow work for the screen, off the thread that draws.

Daemon threads, not Textual's thread workers: those are waited for on the way out, and leaving the screen must never
wait for a network. Jobs never touch a widget; they return a message.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from textual.message import Message

from installer.core import threads
from installer.core.errors import DeployError
from installer.ui.messages import Trouble

Post = Callable[[Message], object]
Job = Callable[[], "Message | None"]
Failed = Callable[[DeployError], Message]


class Background:
    """Runs jobs and posts what they return."""

    def __init__(self, post: Post, *, held: bool = False) -> None:
        """`held`: new work waits for `release`, so that nothing competes with the first frame."""
        self._post = post
        self._leaving = threading.Event()
        self._held: list[tuple[Callable[[], None], str]] | None = [] if held else None

    def leave(self) -> None:
        """Let repeating jobs end; nothing is posted any more."""
        self._leaving.set()

    def start(self, name: str, job: Job, failed: Failed = Trouble, *, after_s: float = 0.0) -> None:
        """Run `job` once, a moment later where something is to be drawn first; a failure becomes the message that
        `failed` makes of it."""
        self._begin(partial(self._later, job, failed, after_s), name)

    def repeat(
        self, name: str, job: Job, seconds: float, on: Callable[[], bool], at_once: Callable[[], bool] = bool
    ) -> None:
        """Run `job` every so often while `on` says so, until it fails or the screen is left; `at_once` says where it is
        to continue without a pause."""
        self._begin(partial(self._repeat, job, seconds, on, at_once), name)

    def release(self) -> None:
        """From now on jobs begin when they are started; those that wait begin now."""
        held, self._held = self._held or [], None
        for work, name in held:
            threads.begin(work, name)

    def _begin(self, work: Callable[[], None], name: str) -> None:
        if self._held is None:
            threads.begin(work, name)
        else:
            self._held.append((work, name))

    def _later(self, job: Job, failed: Failed, after_s: float) -> None:
        if not self._leaving.wait(after_s):
            self._once(job, failed)

    def _once(self, job: Job, failed: Failed) -> bool:
        message, done = None, True
        try:
            message = job()
        except DeployError as error:
            message, done = failed(error), False
        except Exception as error:  # a thread can report it nowhere else
            from installer.core.defects import defect_of

            message, done = failed(defect_of(error)), False
        self._tell(message)
        return done

    def _repeat(self, job: Job, seconds: float, on: Callable[[], bool], at_once: Callable[[], bool]) -> None:
        while on() and not self._leaving.is_set() and self._once(job, Trouble):
            self._leaving.wait(0.0 if at_once() else seconds)

    def _tell(self, message: Message | None) -> None:
        if message is None or self._leaving.is_set():
            return
        try:
            heard = self._post(message)
        except RuntimeError:  # the event loop closed between the question and the answer
            heard = False
        if heard is False:  # the app has ended in a way that did not say so
            self._leaving.set()
