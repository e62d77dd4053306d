"""A line of a log as it is read where there is little room."""

from __future__ import annotations

import pytest

from installer.ui.log.line import WHOLE, message_of


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("(APIServer pid=5825) INFO 11-30 05:54:29 [api_server.py:971] Starting vLLM", "INFO Starting vLLM"),
        ("(EngineCore_DP0 pid=1) ERROR 11-30 05:54:29 [core.py:12]   File", "ERROR   File"),
        ("INFO 10-22 21:56:56 [__init__.py:216] cuda", "INFO cuda"),
        ("[2026-11-30 05:54:29 TP0] Load weight begin.", "Load weight begin."),
        ("INFO:     127.0.0.1:1 - 200 OK", "INFO:     127.0.0.1:1 - 200 OK"),
        ("INFO 10-22 21:56:56 ", "INFO 10-22 21:56:56 "),
    ],
)
def test_in_a_narrow_view_a_message_comes_before_who_wrote_it(written: str, read: str) -> None:
    assert (message_of(written, 37), message_of(written, WHOLE)) == (read, written)
