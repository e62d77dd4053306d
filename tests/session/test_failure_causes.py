"""Where a log is opened, and what is said about it."""

from __future__ import annotations

from installer.session.failure_causes import cause_of

KNOWN = ["INFO all is well", "Traceback (most recent call last):", '  File "x.py", line 1, in <module>',
         "OSError: [Errno 28] No space left on device: '/data/model'", "INFO shutting down"]  # fmt: skip


def test_a_known_cause_stands_at_the_line_that_says_why() -> None:
    cause = cause_of(KNOWN)
    assert cause is not None and cause.sure and cause.id and cause.line == 3 and "disk" in cause.why.lower()


def test_an_unknown_one_is_opened_there_too_and_claims_nothing() -> None:
    cause = cause_of([*KNOWN[:3], "QuibbleError: the frobnicator is askew", "INFO shutting down"])
    assert cause is not None and not cause.sure and not cause.id and cause.line == 3
    assert "no known symptom" in cause.why and "QuibbleError" in cause.title


def test_a_log_without_a_failure_is_not_accused() -> None:
    assert cause_of(["INFO all is well", "INFO ready"]) is None
