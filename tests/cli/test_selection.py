"""How stages are named on the command line."""

from __future__ import annotations

import pytest

from installer.cli.selection import select
from installer.core.errors import UsageError

NAMES = {"cuda": 1, "environment": 2, "pytorch": 3, "engine": 4}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3", (3,)),
        ("2-4", (2, 3, 4)),
        ("1,3,3", (1, 3)),
        ("all", (1, 2, 3, 4)),
        ("pytorch", (3,)),
        ("environment-engine", (2, 3, 4)),
        ("cuda, 3-4", (1, 3, 4)),
    ],
)
def test_a_selection_is_numbers_in_order(text: str, numbers: tuple[int, ...]) -> None:
    assert select(text, NAMES) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "5",
        "3-9",
        "torch",
        "",
        "4-2",
        "-",
        "1;2",
        "-3",
        "3-",
        "ALL",
        "Environment",
        "²",
        "٣",
        "3-٤",
        "+3",
        "1" * 10_000,
    ],
)
def test_anything_else_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(text, NAMES)
    assert caught.value.exit_code == 2
