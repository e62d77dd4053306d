"""Questions side by side: none breaks or holds up another."""

from __future__ import annotations

import threading
import time

from installer.host.background_call import BackgroundCall


def test_an_answer_comes_back() -> None:
    assert BackgroundCall(lambda: 7, 0).answer(time.monotonic() + 10) == 7


def test_an_error_is_not_known() -> None:
    assert BackgroundCall[int | None](lambda: 1 // 0, None).answer(time.monotonic() + 10) is None


def test_a_question_that_hangs_is_not_waited_for() -> None:
    never = threading.Event()
    try:
        assert BackgroundCall(never.wait, "silent").answer(time.monotonic()) == "silent"
    finally:
        never.set()
