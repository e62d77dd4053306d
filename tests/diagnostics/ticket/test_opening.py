"""Files that are no ticket, or one that was made to do harm: a clear sentence, in bounded time and memory."""

from __future__ import annotations

import io
import json
import struct
import time
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.diagnostics.ticket import opening, packing

SUMMARY = {"run": {"id": "r"}, "explanation": {"log": "a.log"}}
MEMBERS = {
    packing.PAGE: "<html>",
    packing.SUMMARY: json.dumps(SUMMARY),
    "logs/a.log": "INFO fine\nValueError: no \x1b]0;title\x07such thing\n",
}


def good(members: dict[str, str] = MEMBERS) -> bytes:
    return packing.packed(members, packing.manifest(members, "r", {}))


def with_member(name: str, content: bytes) -> bytes:
    out = io.BytesIO(good())
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as ticket:
        warnings.simplefilter("ignore")
        ticket.writestr(name, content)
    return out.getvalue()


def lying() -> bytes:
    """A member that says that it is small and is not."""
    bomb = bytearray(with_member("logs/b.log", bytes(200 << 20)))
    at = bomb.rfind(b"PK\1\2")
    bomb[at + 24 : at + 28] = struct.pack("<I", 100)
    return bytes(bomb)


def changed() -> bytes:
    members = {**MEMBERS, "logs/a.log": "all is well\n"}
    return packing.packed(members, packing.manifest(MEMBERS, "r", {}))


def deep() -> bytes:
    return good({**MEMBERS, packing.SUMMARY: '{"a":' + "[" * 900 + "]" * 900 + "}"})


BAD: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "no zip": lambda: b"GIF89a" * 100,
    "cut off": lambda: good()[:-40],
    "cut off early": lambda: good()[:100],
    "torn inside": lambda: good()[:200] + bytes(60) + good()[260:],
    "bomb": lambda: with_member("logs/b.log", bytes(200 << 20)),
    "bomb that lies": lying,
    "climbs": lambda: with_member("../../etc/cron.d/x", b"x"),
    "climbs below": lambda: with_member("logs/../../x", b"x"),
    "absolute": lambda: with_member("/etc/passwd", b"x"),
    "twice": lambda: with_member("ticket.html", b"<script>"),
    "not listed": lambda: with_member("logs/b.log", b"x"),
    "changed": changed,
    "many members": lambda: good({f"logs/{n}.log": "x" for n in range(500)} | MEMBERS),
    "other zip": lambda: packing.packed({"a": "b"}, {"kind": "something else"}),
    "later schema": lambda: packing.packed(MEMBERS, {**packing.manifest(MEMBERS, "r", {}), "schema": 99}),
    "manifest is a list": lambda: packing.packed(MEMBERS, [1]),  # type: ignore[arg-type]
    "no summary": lambda: good({packing.PAGE: "x"}),
    "deep": deep,
    "appended": lambda: good() + b"x",
}


@pytest.mark.parametrize("kind", list(BAD))
def test_a_bad_one_is_refused(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.zip"
    file.write_bytes(BAD[kind]())
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(UsageError) as refused:
            opening.open_ticket(str(file))
        assert tracemalloc.get_traced_memory()[1] < 3 * opening.MOST_UNPACKED
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 10
    assert str(file) in refused.value.what and refused.value.why and "\x1b" not in refused.value.why
    assert [path.name for path in tmp_path.iterdir()] == ["bad.zip"], "nothing is unpacked onto the disk"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large.zip"
    with file.open("wb") as out:
        out.truncate(50 << 30)
    with pytest.raises(UsageError, match=r"large\.zip"):
        opening.open_ticket(str(file))


def test_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UsageError):
            opening.open_ticket(str(file))


def test_a_good_one_is_read_and_explained_and_plays_no_tricks(tmp_path: Path) -> None:
    file = tmp_path / "good.zip"
    hidden = {**SUMMARY, "run": {"id": "\x1b[2Jr", "state": "failed"}}
    file.write_bytes(good({**MEMBERS, packing.SUMMARY: json.dumps(hidden)}))
    opened = opening.open_ticket(str(file))
    assert opened.summary["run"] == {"id": "r", "state": "failed"}
    assert opened.explained and opened.explained.root
    assert opened.explained.root.text == "ValueError: no such thing"
    assert "\x1b" not in opened.logs["a.log"]


def lines(*events: object) -> str:
    return "\n".join(event if isinstance(event, str) else json.dumps(event) for event in events) + "\n"


FAR = {"event": "stage-started", "at": 1.0, "stage": 10**9, "name": "x", "title": "x"}
MANY = {
    "event": "plan-ready",
    "at": 1.0,
    "stages": [{"number": 1, "name": "x", "title": "x", "status": "pending"}] * 5000,
}
FINE = {"event": "stage-started", "at": 2.0, "stage": 3, "name": "py\x1b[2Jtorch", "title": "\u202etitle"}


def test_only_what_a_run_of_ours_may_have_told_is_played(tmp_path: Path) -> None:
    strange = '{"event":"output","at":NaN,"stage":1,"text":"x"}', '{"event":"notice","at":1e400,"stage":1}', "[" * 5000
    ready = {"event": "run-finished", "at": 1.0, "state": "failed", "exit_code": 10**30, "seconds": 1.0}
    file = tmp_path / "t.zip"
    file.write_bytes(good({**MEMBERS, packing.JOURNAL: lines(FAR, MANY, *strange, ready, "no json", FINE, [1], 5, "")}))
    journal = opening.open_ticket(str(file)).journal.splitlines()
    assert [json.loads(line)["name"] for line in journal] == ["pytorch"]
    assert "\x1b" not in journal[0] and "202e" not in journal[0] and "\u202e" not in journal[0]


def test_a_journal_that_no_run_leaves_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "t.zip"
    file.write_bytes(good({**MEMBERS, packing.JOURNAL: lines(FINE) * 200_000}))
    began = time.process_time()
    with pytest.raises(UsageError, match=r"t\.zip"):
        opening.open_ticket(str(file))
    assert time.process_time() - began < 10


def test_figures_that_nobody_measures_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.zip"
    for figure in ("1e300", "NaN", "-Infinity", "9" * 400):
        summary = '{"run": {"seconds": ' + figure + '}, "explanation": {}}'
        file.write_bytes(good({**MEMBERS, packing.SUMMARY: summary}))
        with pytest.raises(UsageError, match=r"t\.zip"):
            opening.open_ticket(str(file))
