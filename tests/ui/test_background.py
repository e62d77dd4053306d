"""Jobs off the drawing thread: their answers, their failures, leaving."""

from __future__ import annotations

import queue
import threading

from textual.message import Message

from installer.core.defects import defect_of
from installer.core.errors import DeployError
from installer.ui.background import Background
from installer.ui.messages import PlanFailed, ServerStopped, Trouble

LONG_S = 10


def test_the_answer_of_a_job_is_posted() -> None:
    posted: queue.Queue[Message] = queue.Queue()
    Background(posted.put).start("job", ServerStopped)
    assert isinstance(posted.get(timeout=LONG_S), ServerStopped)


def test_what_is_held_back_begins_when_it_is_released() -> None:
    posted: queue.Queue[Message] = queue.Queue()
    background = Background(posted.put, held=True)
    background.start("job", ServerStopped)
    assert posted.empty() and "job" not in [thread.name for thread in threading.enumerate()]
    background.release()
    assert isinstance(posted.get(timeout=LONG_S), ServerStopped)
    background.start("job", ServerStopped)
    assert isinstance(posted.get(timeout=LONG_S), ServerStopped)


def test_failures_become_messages() -> None:
    posted: queue.Queue[Message] = queue.Queue()
    background = Background(posted.put)

    def foreseen() -> Message:
        raise DeployError("What.", "Why.", "Fix.")

    background.start("job", foreseen, failed=lambda error: PlanFailed(3, error))
    message = posted.get(timeout=LONG_S)
    assert isinstance(message, PlanFailed) and message.asked == 3 and message.error.why == "Why."
    background.start("job", lambda: ServerStopped(1))  # type: ignore[call-arg]
    trouble = posted.get(timeout=LONG_S)
    assert isinstance(trouble, Trouble) and "TypeError" in trouble.error.what and trouble.error.fix


def test_a_repeating_job_ends_with_its_first_failure() -> None:
    posted: queue.Queue[Message] = queue.Queue()
    runs: list[int] = []

    def job() -> Message | None:
        runs.append(1)
        if len(runs) == 3:
            raise OSError("gone")
        return None

    Background(posted.put).repeat("job", job, 0.0, on=lambda: True)
    assert isinstance(posted.get(timeout=LONG_S), Trouble)
    assert len(runs) == 3 and posted.empty()


def test_after_leaving_nothing_is_posted_and_nothing_holds_the_process() -> None:
    posted: queue.Queue[Message] = queue.Queue()
    background, gate, done = Background(posted.put), threading.Event(), threading.Event()

    def job() -> Message:
        gate.wait(LONG_S)
        done.set()
        return ServerStopped()

    background.start("slow job", job)
    thread = next(thread for thread in threading.enumerate() if thread.name == "slow job")
    assert thread.daemon
    background.leave()
    gate.set()
    assert done.wait(LONG_S)
    thread.join(LONG_S)
    assert posted.empty()


def test_a_closed_event_loop_is_no_error() -> None:
    def closed(message: Message) -> None:
        raise RuntimeError("Event loop is closed")

    background, done = Background(closed), threading.Event()
    background.start("job", lambda: done.set() or ServerStopped())
    assert done.wait(LONG_S)


def test_nothing_is_repeated_for_an_app_that_has_ended() -> None:
    heard = iter([True, True, False])
    Background(lambda _: next(heard)).repeat("job", ServerStopped, 0.0, on=lambda: True)
    for thread in threading.enumerate():
        if thread.name == "job":
            thread.join(60)
            assert not thread.is_alive()
    assert next(heard, None) is None


def test_an_unforeseen_error_hides_secrets() -> None:
    assert "hf_abcdefghijkl" not in str(defect_of(ValueError("token hf_abcdefghijkl")))
