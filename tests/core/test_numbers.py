from __future__ import annotations

import pytest

from installer.core.text.numbers import is_whole


@pytest.mark.parametrize("text", ["0", "007", "9223372036854771712"])
def test_digits_are_a_number(text: str) -> None:
    assert is_whole(text) and int(text) >= 0


@pytest.mark.parametrize("text", ["", "²", "٣", "１", "1 ", "-1", "+1", "1_0", "1" * 21, "1" * 10_000])
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert not is_whole(text)
