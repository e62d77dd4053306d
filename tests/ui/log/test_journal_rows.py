"""A journal as rows: the same as if every event were decoded, without decoding every event."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    while rows.take() is not None:
        pass
    return rows


def written(path: Path, *events: ev.Event) -> JournalRows:
    path.write_text("".join(ev.to_json(ev.Entry(float(at), event)) + "\n" for at, event in enumerate(events)))
    return taken(path)


def found(rows: Narrowed, words: str, *, regular: bool = False, exact: bool = False) -> list[int]:
    search = Search(rows, words, regular=regular, exact=exact)
    while search.step():
        pass
    return list(search.hits)


@pytest.mark.parametrize("journal", sorted(JOURNALS.glob("*.jsonl")), ids=lambda path: path.stem)
@pytest.mark.parametrize("chunk", [64, 1 << 20])
def test_rows_are_what_the_events_say(journal: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "CHUNK_BYTES", chunk)
    rows = taken(journal)
    said = [line for entry in recorded(journal.stem) for line in lines_of(entry)]
    assert [rows.row(number) for number in range(len(rows))] == said
    assert [rows.level(number) for number in range(len(rows))] == [line.level for line in said]
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
    taken_lines = [line for lines in iter(file.grow, []) for line in lines]
    assert taken_lines == [b"x" * 100, b"short"] and file.lines(1, 1) == [b"short"]


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
    while search.step():
        pass
    assert (search.after(0), search.after(4), search.before(0), search.place(4), search.place(1)) == (4, 0, 4, 2, 0)
    with path.open("a") as journal:
        journal.write(ev.to_json(ev.Entry(9.0, ev.OutputLine(3, "hi there"))) + "\n")
    rows.take()
    every.sync()
    assert not search.complete and not search.step() and list(search.hits) == [0, 4, 7]


def test_a_plain_file_begins_anew_where_it_was_emptied(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text("one\n\x1b[31mERROR two\x1b[0m\n")
    rows = FileRows(path)
    assert rows.take() and not rows.take()
    assert [rows.row(n).text for n in range(len(rows))] == ["one", "ERROR two"] and rows.level(1) == ERROR
    path.write_text("new\n")
    assert rows.take() and rows.texts(0, 9) == ["new"]
