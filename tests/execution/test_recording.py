"""What a terminal showed, as it is written down: without secrets, within its bound, by one at a time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from installer.core.runs import cast
from installer.core.text.plain import clean
from installer.execution import recording
from installer.execution.recording import Recording

TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz12345678"
PASSWORD = "correct-horse-battery-staple"
SECRETS = (TOKEN, PASSWORD)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def begun(file: Path, clock: Clock | None = None, size: tuple[int, int] = (40, 4)) -> Recording:
    return Recording(file, "a run", size, lambda: SECRETS, clock or Clock())


def read(file: Path) -> cast.Cast:
    return cast.parse(file.read_text(encoding="utf-8"))


def shown(file: Path) -> str:
    return clean(re.sub(r"\x1b\[\d+;1H", "\n", "".join(one.text for one in read(file).events if one.kind == "o")))


def test_lines_marks_and_the_end_are_where_they_were(tmp_path: Path) -> None:
    clock = Clock()
    tape = begun(tmp_path / "t.cast", clock)
    tape.line("one\ntwo")
    clock.now += 2.5
    tape.mark("3 pytorch")
    clock.now += 1
    tape.end(1)
    tape.close()
    made = read(tmp_path / "t.cast")
    assert (made.columns, made.rows, made.began, made.title) == (40, 4, 1000.0, "a run")
    assert [(one.at, one.kind, one.text) for one in made.events] == [
        (0.0, "o", "one\r\ntwo\r\n"), (2.5, "m", "3 pytorch"), (3.5, "x", "1"),
    ]  # fmt: skip
    assert (tmp_path / "t.cast").stat().st_mode & 0o777 == 0o600


def test_only_rows_that_changed_are_written(tmp_path: Path) -> None:
    tape = begun(tmp_path / "t.cast")
    tape.picture(["aaaa", "\x1b[31mbbbb\x1b[0m"], (40, 4))
    tape.picture(["aaaa", "\x1b[32mcccc\x1b[0m"], (40, 4))
    tape.picture(["aaaa", "\x1b[32mcccc\x1b[0m"], (40, 4))
    tape.close()
    first, second = [one.text for one in read(tmp_path / "t.cast").events]
    assert "aaaa" in first and "\x1b[31mbbbb" in first and "\x1b[2J" in first
    assert "aaaa" not in second and "\x1b[2;1H" in second and "\x1b[32mcccc" in second


@pytest.mark.parametrize("cut", range(1, len(TOKEN)))
def test_no_piece_of_a_secret_is_written_wherever_a_row_ends_or_a_colour_begins(tmp_path: Path, cut: int) -> None:
    tape = begun(tmp_path / "t.cast")
    tape.picture([f"│ log   │ {TOKEN[:cut]}", f"│ more  │ {TOKEN[cut:]}"], (60, 4))
    tape.picture([f"│ log   │ {TOKEN[:cut]}\x1b[31m{TOKEN[cut:]}\x1b[0m │ end", "fine"], (60, 4))
    tape.line(f"pass {PASSWORD} \x1b[1m{PASSWORD[:9]}\x1b[0m{PASSWORD[9:]}")
    tape.close()
    found = shown(tmp_path / "t.cast")
    for secret in SECRETS:
        assert not [secret[at : at + 8] for at in range(len(secret) - 7) if secret[at : at + 8] in found]
    assert "│ log" in found and "end" in found and "fine" in found


def test_columns_stay_where_they_are_when_a_row_is_cleaned(tmp_path: Path) -> None:
    tape = begun(tmp_path / "t.cast")
    row = f"│ a      │ {TOKEN}    │"
    tape.picture([row], (60, 4))
    tape.close()
    assert shown(tmp_path / "t.cast").strip().endswith("│") and len(shown(tmp_path / "t.cast").strip()) == len(row)


def test_a_key_that_is_made_while_it_runs_is_taken_out(tmp_path: Path) -> None:
    secrets: list[str] = []
    tape = Recording(tmp_path / "t.cast", "a run", (40, 4), lambda: secrets, Clock())
    tape.line("nothing yet")
    secrets.append("k7-" + "Zq9" * 8)
    tape.line(f"key is {secrets[0]}")
    tape.close()
    assert secrets[0] not in shown(tmp_path / "t.cast") and "key is ***" in shown(tmp_path / "t.cast")


def test_it_is_bounded_and_keeps_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LIMIT", 20_000)
    monkeypatch.setattr(recording, "_RESERVE", 4_000)
    tape = begun(tmp_path / "t.cast")
    for number in range(2000):
        tape.line(f"line {number} of many")
    tape.mark("failed in stage 10")
    tape.picture(["the end"], (40, 4), last=True)
    tape.end(1)
    tape.close()
    assert (tmp_path / "t.cast").stat().st_size <= 20_000
    made = read(tmp_path / "t.cast")
    assert "the rest is in the journal" in shown(tmp_path / "t.cast") and "the end" in shown(tmp_path / "t.cast")
    assert [one.text for one in made.marks] == ["failed in stage 10"] and made.events[-1].kind == "x"


def test_pictures_come_rarer_the_longer_a_run_takes(tmp_path: Path) -> None:
    clock = Clock()
    tape = begun(tmp_path / "t.cast", clock)
    tape.picture(["a"], (40, 4))
    clock.now += 0.9 * recording.PAUSE_S
    assert not tape.due
    clock.now += 0.2 * recording.PAUSE_S
    assert tape.due
    clock.now += 3600
    tape.picture(["b"], (40, 4))
    clock.now += 30
    assert not tape.due
    tape.mark("10 server")
    assert tape.due, "where a stage begins there is always one"


def test_a_second_one_writes_nothing_and_a_later_one_goes_on(tmp_path: Path) -> None:
    clock = Clock()
    first = begun(tmp_path / "t.cast", clock)
    first.line("first")
    second = begun(tmp_path / "t.cast", clock)
    second.line("second")
    first.close()
    second.line("second again")
    with (tmp_path / "t.cast").open("a") as file:
        file.write('[0.1, "o", "torn')
    third = begun(tmp_path / "t.cast", clock, size=(100, 30))
    third.line("third")
    third.close()
    made = read(tmp_path / "t.cast")
    assert [one.text for one in made.events if one.kind in "or"] == ["first\r\n", "100x30", "third\r\n"]


@pytest.mark.parametrize("place", ["folder", "link", "missing/folder/t.cast"])
def test_what_cannot_be_written_ends_the_recording_and_nothing_else(tmp_path: Path, place: str) -> None:
    file = tmp_path / place
    if place == "folder":
        file.mkdir()
    elif place == "link":
        (tmp_path / "elsewhere").write_text("mine")
        file.symlink_to(tmp_path / "elsewhere")
    tape = begun(file)
    tape.line("x")
    tape.picture(["x"], (1, 1))
    tape.mark("m")
    tape.end(0)
    tape.close()
    assert place != "link" or (tmp_path / "elsewhere").read_text() == "mine"
