"""Of a long log the beginning, the end and the line that says why are kept, and no more."""

from __future__ import annotations

import pytest

from installer.diagnostics.ticket.log_excerpts import Piece, cut, numbered, shares, text_of


def log(lines: int) -> list[tuple[int, str]]:
    return [(number, f"line {number}") for number in range(1, lines + 1)]


def test_a_log_that_fits_is_whole() -> None:
    whole = log(500)
    assert cut(whole, sum(len(line) + 1 for _, line in whole)) == (Piece(1, tuple(line for _, line in whole)),)


@pytest.mark.parametrize("around", [0, 1, 5_000, 9_999])
def test_the_middle_of_a_long_one_is_left_out(around: int) -> None:
    pieces = cut(log(10_000), 8_000, around)
    kept = {number for piece in pieces for number in range(piece.first, piece.first + len(piece.lines))}
    assert {1, 10_000} <= kept and (not around or around in kept)
    assert sum(len(line) + 1 for piece in pieces for line in piece.lines) < 8_000 * 1.3
    assert all(line == f"line {n}" for piece in pieces for n, line in enumerate(piece.lines, piece.first))


def test_a_gap_says_which_lines_it_was() -> None:
    assert text_of((Piece(1, ("a",)), Piece(1201, ("b", "c")))) == "a\n[… lines 2 to 1,200 are left out …]\nb\nc\n"


def test_blocks_are_counted_on() -> None:
    assert list(numbered([b"a\r\nb\n", b"c"])) == [(1, "a"), (2, "b"), (3, "c")]


def test_short_logs_are_whole_and_long_ones_share_the_rest() -> None:
    assert shares([10, 5_000, 9_000], 1_010) == [10, 500, 500]
    assert shares([10, 20], 1_000) == [10, 20] and shares([], 5) == []
