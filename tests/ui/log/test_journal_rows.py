"""A journal as rows: the same as if every event were decoded, without decoding every event."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.outcomes import StageStatus
from installer.core.runs import events as ev
from installer.disk import log_file
from installer.disk.log_file import LogFile
from installer.ui.log.event_text import lines_of
from installer.ui.log.file_rows import FileRows
from installer.ui.log.filtered_rows import Narrowed
from installer.ui.log.journal_rows import JournalRows
from installer.ui.log.line import ALL, ERROR, PLAIN, WARNING, Line
from installer.ui.log.search import Search
from tests.ui.replay import JOURNALS, recorded


def taken(path: Path) -> JournalRows:
    rows = JournalRows(path)
    while rows.take() is not None or rows.scan():
        pass
    return rows


def levels(rows: JournalRows | FileRows) -> list[int]:
    """How grave each row is, as the spans say."""
    found = [PLAIN] * len(rows)
    for level in (WARNING, ERROR):
        for begin, end in rows.spans(ALL, level, 0, len(rows)):
            found[begin:end] = [level] * (end - begin)
    return found


def written(path: Path, *events: ev.Event) -> JournalRows:
    path.write_text("".join(ev.to_json(ev.Entry(float(at), event)) + "\n" for at, event in enumerate(events)))
    return taken(path)


def found(rows: Narrowed, words: str, *, regular: bool = False, exact: bool = False) -> list[int]:
    search = Search(rows, words, regular=regular, exact=exact)
    while search.step(0.01):
        pass
    return list(search.hits)


@pytest.mark.parametrize("journal", sorted(JOURNALS.glob("*.jsonl")), ids=lambda path: path.stem)
@pytest.mark.parametrize("chunk", [64, 1 << 20])
def test_rows_are_what_the_events_say(journal: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "CHUNK_BYTES", chunk)
    rows = taken(journal)
    said = [line for entry in recorded(journal.stem) for line in lines_of(entry)]
    assert [rows.row(number) for number in range(len(rows))] == said
    assert rows.scanned == len(rows) and levels(rows) == [line.level for line in said]
    for stage in range(1, 11):
        spans = rows.spans(stage, PLAIN, 0, len(rows))
        assert [row for span in spans for row in range(*span)] == [
            n for n, line in enumerate(said) if line.stage == stage
        ]
    assert rows.texts(0, len(rows)) == [line.text for line in said]


def test_a_torn_line_is_left_for_later_and_an_unknown_one_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    rows = written(path, ev.OutputLine(3, "one"))
    with path.open("a") as journal:
        journal.write('{"event":"from-the-future","at":1.0}\nnonsense\n{"event":"output","at":2.0,"sta')
    assert rows.take() == [] and len(rows) == 1
    with path.open("a") as journal:
        journal.write('ge":8,"text":"two \\"quoted\\""}\n')
    assert rows.take() and [rows.row(n).text for n in range(len(rows))] == ["one", 'two "quoted"']
    assert rows.row(1) == Line(8, 'two "quoted"', at=2.0) and rows.take() is None


def test_a_line_separator_in_a_text_ends_no_line(tmp_path: Path) -> None:
    rows = written(tmp_path / "j", ev.OutputLine(3, "a\u2028b"), ev.OutputLine(3, "c"))
    assert [rows.row(n).text for n in range(len(rows))] == ["ab", "c"]


def test_a_line_longer_than_a_chunk_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "CHUNK_BYTES", 32)
    (tmp_path / "log").write_text("x" * 100 + "\nshort\n")
    file = LogFile(tmp_path / "log")
    assert b"".join(iter(file.grow, b"")) == b"x" * 100 + b"\nshort\n"
    assert file.lines(0, 9) == [b"x" * 100, b"short"] and file.lines(1, 1) == [b"short"]


def test_any_line_is_found_while_the_file_grows_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "CHUNK_BYTES", 64)
    monkeypatch.setattr(log_file, "KEPT_BLOCKS", 2)
    written_lines = [b"%d" % number * (number % 7) for number in range(200)]
    file = LogFile(tmp_path / "log")
    with (tmp_path / "log").open("ab") as log:
        for number, line in enumerate(written_lines):
            log.write(line + b"\n")
            log.flush()
            assert file.grow() and len(file) == number + 1
            assert (
                file.lines(number, 1) == [line]
                and file.lines(number // 2, 3) == written_lines[number // 2 :][: min(3, number + 1 - number // 2)]
            )
    assert file.lines(0, 999) == written_lines and file.lines(200, 1) == []


def test_output_of_several_stages_and_torn_lines_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "j"
    events = [ev.OutputLine(6 if number % 3 else 8, f'line {number} "stage":9,"text":"') for number in range(50)]
    rows = written(path, *events, ev.Notice(3, "warning", "a notice"), *events)
    assert [rows.row(n).stage for n in (0, 1, 50, 51, 100)] == [8, 6, 3, 8, 6]
    assert rows.texts(49, 3) == [events[49].text, rows.row(50).text, events[0].text]
    torn = '{"event":"output","at":1.0,"stage":6,"text":"cut of'
    with path.open("a") as journal:
        journal.write(torn + "\n" + ev.to_json(ev.Entry(2.0, ev.OutputLine(6, "after"))) + "\n")
    assert rows.take() and len(rows) == 102 and rows.row(101).text == "after"


def test_the_next_grave_row_is_found_among_those_of_a_stage(tmp_path: Path) -> None:
    events = [ev.OutputLine(6 + number % 2, "ERROR x" if number in (3, 10, 11) else "fine") for number in range(20)]
    rows = written(tmp_path / "j", *events)
    every, of_7 = Narrowed(rows), Narrowed(rows, 7)
    assert [every.next_of_level(at, ERROR, 1) for at in (-1, 3, 10, 11)] == [3, 10, 11, None]
    assert [every.next_of_level(at, ERROR, -1) for at in (3, 4, 11, 19)] == [None, 3, 10, 11]
    assert of_7.next_of_level(-1, ERROR, 1) == 1 and of_7.next_of_level(1, ERROR, 1) == 5
    assert of_7.next_of_level(9, ERROR, -1) == 5 and of_7.nearest(4) == 2 and of_7.nearest(99) == 10


def test_where_a_stage_was_taken_back_is_known(tmp_path: Path) -> None:
    rows = written(
        tmp_path / "j", ev.OutputLine(10, "boom"), ev.RollbackStarted(10), ev.OutputLine(10, "healthy again")
    )
    assert rows.undoing == {10: 1}


def test_rows_of_one_stage_and_of_one_gravity_grow_along(tmp_path: Path) -> None:
    path = tmp_path / "j"
    rows = written(path, ev.OutputLine(3, "a"), ev.OutputLine(8, "ERROR b"), ev.OutputLine(3, "WARNING c"))
    of_3, grave, worst = Narrowed(rows, 3), Narrowed(rows, ALL, WARNING), Narrowed(rows, ALL, ERROR)
    assert [of_3.row(n).text for n in range(len(of_3))] == ["a", "WARNING c"] == of_3.texts(0, 9)
    assert [grave.origin(n) for n in range(len(grave))] == [1, 2] and worst.texts(0, 9) == ["ERROR b"]
    assert of_3.nearest(1) == 1 and grave.next_of_level(0, ERROR, 1) is None and grave.next_of_level(1, ERROR, -1) == 0
    with path.open("a") as journal:
        journal.write(ev.to_json(ev.Entry(9.0, ev.OutputLine(3, "d"))) + "\n")
    rows.take()
    rows.scan()
    assert of_3.sync() and not grave.sync() and of_3.texts(2, 1) == ["d"]
    assert of_3.level == PLAIN


def test_a_search_finds_what_is_shown_and_goes_on_with_what_comes(tmp_path: Path) -> None:
    path = tmp_path / "j"
    texts = ['say "Hi"', "a\\b", "[/foo] x", "Ünïcode", "HI again"]
    rows = written(path, *(ev.OutputLine(3, text) for text in texts), ev.ChangeStarted(3, "t", ("uv", "pip")))
    every = Narrowed(rows)
    assert found(every, "hi") == [0, 4] and found(every, "HI", exact=True) == [4]
    assert found(every, 'say "hi"') == [0] and found(every, "a\\b") == [1] and found(every, "ünï") == [3]
    assert found(every, "uv pip") == [6] and found(every, "^a|x$", regular=True) == [1, 2]
    search = Search(every, "hi")
    while search.step(0.01):
        pass
    assert (search.after(0), search.after(4), search.before(0), search.place(4), search.place(1)) == (4, 0, 4, 2, 0)
    with path.open("a") as journal:
        journal.write(ev.to_json(ev.Entry(9.0, ev.OutputLine(3, "hi there"))) + "\n")
    rows.take()
    every.sync()
    assert not search.complete and not search.step(0.01) and list(search.hits) == [0, 4, 7]


@pytest.mark.parametrize("words", ["Needle", "environment", "line", "no such words"])
def test_a_search_decodes_only_what_may_hold_the_words(
    tmp_path: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[ev.Event] = [ev.OutputLine(3, f"line {number}") for number in range(3000)]
    said[700] = said[2900] = ev.OutputLine(3, "a needle")
    for place in (5, 1400, 1401, 2999):  # every piece that is searched holds events as well
        said[place] = ev.StageFinished(2, "environment", StageStatus.DONE)
        said.insert(place, ev.Progress(3, "a package", 1, 2))
    rows = written(tmp_path / "j", *said)
    every, decoded = Narrowed(rows), list[int]()
    text_of_line = JournalRows._text

    def counted(self: JournalRows, line: bytes, number: int) -> str:
        decoded.append(number)
        return text_of_line(self, line, number)

    monkeypatch.setattr(JournalRows, "_text", counted)
    texts = every.texts(0, len(every))
    decoded.clear()
    expected = [row for row, text in enumerate(texts) if words.lower() in text.lower()]
    assert found(every, words) == expected and (words == "no such words") == (not expected)
    assert len(decoded) <= len(expected) + len([event for event in said if not isinstance(event, ev.OutputLine)])


def test_of_rows_far_apart_nothing_between_them_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [ev.OutputLine(3, "ERROR x" if number % 1000 == 7 else "fine") for number in range(5000)]
    worst, read = Narrowed(written(tmp_path / "j", *events), ALL, ERROR), list[int]()
    raw = LogFile.raw

    def counted(self: LogFile, first: int, count: int) -> bytes:
        read.append(count)
        return raw(self, first, count)

    monkeypatch.setattr(LogFile, "raw", counted)
    assert worst.texts(1, 3) == ["ERROR x"] * 3 and found(worst, "x") == [0, 1, 2, 3, 4]
    assert found(worst, "^ERROR", regular=True) == [0, 1, 2, 3, 4] and max(read) == 1


def test_a_carriage_return_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_bytes(b"10%\r20%\r30%\nneedle\n")
    rows = FileRows(path)
    assert rows.take() and len(rows) == 2 and rows.texts(1, 1) == ["needle"] and found(Narrowed(rows), "needle") == [1]


def test_a_plain_file_begins_anew_where_it_was_emptied(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text("one\n\x1b[31mERROR two\x1b[0m\n")
    rows = FileRows(path)
    assert rows.take() and not rows.take() and rows.scan() and not rows.scan()
    assert [rows.row(n).text for n in range(len(rows))] == ["one", "ERROR two"] and levels(rows) == [PLAIN, ERROR]
    path.write_text("new\n")
    assert rows.take() and rows.texts(0, 9) == ["new"]
