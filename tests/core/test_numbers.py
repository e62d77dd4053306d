from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.text.numbers import is_whole

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("text", ["0", "007", "9223372036854771712"])
def test_digits_are_a_number(text: str) -> None:
    assert is_whole(text) and int(text) >= 0


@pytest.mark.parametrize("text", ["", "²", "٣", "１", "1 ", "-1", "+1", "1_0", "1" * 21, "1" * 10_000])
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert not is_whole(text)


def test_nobody_asks_otherwise() -> None:
    """`"²".isdigit()` is true, and `int("²")` fails; `"٣"` is a digit of another script."""
    files = [*ROOT.glob("installer/**/*.py"), *ROOT.glob("stages/*.py")]
    of_bytes = ROOT / "installer/ui/log/journal_rows.py"
    asking = [f for f in files if any(f".is{kind}(" in f.read_text() for kind in ("digit", "decimal", "numeric"))]
    assert asking == [of_bytes]
