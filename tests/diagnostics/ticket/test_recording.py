"""The recording in a ticket: without what must not leave, and its player shows what a terminal would."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from installer.core.machine.names import Names
from installer.core.runs import events as ev
from installer.core.runs.cast import Cast, Shown, parse, written
from installer.core.text.plain import clean
from installer.diagnostics.ticket.cleaning import Cleaner
from installer.diagnostics.ticket.log_excerpts import Piece
from installer.diagnostics.ticket.playing import cleaning, playable
from installer.diagnostics.ticket.recording import player, recorded, rows

TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz12345678"
NAMES = Names(hosts=("pod-7731",), users=("marlene",), homes=("/home/marlene",), addresses=())
CAST = Cast(60, 4, 1000.0, "run on pod-7731", (
    Shown(0.0, "o", "\x1b[?25l\x1b[2J\x1b[1;1H\x1b[0m\x1b[K│ home  │ /home/marlene/x      │\x1b[0m"),
    Shown(0.0, "o", f"\x1b[2;1H\x1b[0m\x1b[K│ token │ \x1b[31m{TOKEN[:20]}\x1b[0m{TOKEN[20:]} │ <b>\x1b[0m"),
    Shown(1.0, "m", "1 cuda"),
    Shown(2.0, "o", f"\x1b[3;1H\x1b[K{TOKEN[:25]}\x1b[0m\x1b[4;1H\x1b[K{TOKEN[25:]}\x1b]0;title\x07\x1b[0m"),
    Shown(3.0, "m", "failed in stage 1 <i>"),
    Shown(3.5, "o", "\x1b[3;1H\x1b[0m\x1b[Kthe end\x1b[0m"),
    Shown(4.0, "x", "1"),
))  # fmt: skip


def cleaned(folder: Path) -> Cast:
    (folder / "t.cast").write_text(written(CAST))
    made = recorded(folder / "t.cast", Cleaner([TOKEN], NAMES).row)
    assert made is not None
    return made


def test_secrets_and_names_are_taken_out_of_every_row(tmp_path: Path) -> None:
    made = cleaned(tmp_path)
    text = written(made)
    flat = clean(json.loads(json.dumps("".join(one.text for one in made.events))))
    for gone in ("marlene", "pod-7731", *(TOKEN[at : at + 8] for at in range(len(TOKEN) - 7))):
        assert gone not in text and gone not in flat
    assert "]0;title" not in text
    row = next(row for row in rows(made) if row.startswith("│ home"))
    assert row == "│ home  │ [home-1]/x           │" and len(row) == len("│ home  │ /home/marlene/x      │")
    assert "the end" in list(rows(made)) and [one.at for one in made.events] == [one.at for one in CAST.events]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b'{"version":2}\n', b'{"version":3}\n["x"]\n[1,2,3,4]\n', b"{" * 9999]
)
def test_one_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.cast").write_bytes(content)
    made = recorded(tmp_path / "t.cast", str)
    assert made is None or not made.events
    assert "no recording" in player(made)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text(written(CAST))
    (tmp_path / "t.cast").symlink_to(tmp_path / "real")
    assert recorded(tmp_path / "t.cast", str) is None


def test_what_it_shows_cannot_leave_its_place_in_the_page(tmp_path: Path) -> None:
    made = player(cleaned(tmp_path))
    data = re.search(r'id="tape">(.*?)</script>', made)
    assert data and "<" not in data[1] and json.loads(data[1])["begin"] == 2.0
    assert "&lt;i&gt;" in made and "<i>" not in made and made.count("<script") == 2


DOM = """
const element = () => ({children: [], style: {}, dataset: {}, listeners: {}, text: "",
  addEventListener(kind, call) { this.listeners[kind] = call; }, append(...all) { this.children.push(...all); },
  replaceChildren(all) { this.children = [all]; }, set textContent(text) { this.text = text; },
  get textContent() { return this.text + this.children.map(one => one.textContent ?? one).join(""); }});
const parts = Object.fromEntries(["pre", "button", "input", "output", "select", "nav"].map(one => [one, element()]));
globalThis.document = {
  getElementById: id => id === "tape" ? {textContent: TAPE} : {querySelector: what => parts[what]},
  createElement: element, createDocumentFragment: element,
};
"""


@pytest.mark.skipif(not shutil.which("node"), reason="no JavaScript here")
def test_the_player_shows_what_a_terminal_would(tmp_path: Path) -> None:
    console = Cast(20, 3, 0.0, "", (
        Shown(0.0, "o", "one\r\ntwo\r\n"), Shown(1.0, "o", "\r\x1b[K10%\r"), Shown(2.0, "o", "\r\x1b[K20%\r"),
        Shown(3.0, "o", "three\r\nfour\r\n"), Shown(4.0, "x", "0"),
    ))  # fmt: skip
    made = player(console)
    data = re.search(r'id="tape">(.*?)</script>', made)
    script = re.search(r"<script>\n(.*)</script>", made, re.DOTALL)
    assert data and script
    ask = "".join(
        f"parts.input.listeners.input({{target: {{value: {at}}}}}); console.log(JSON.stringify(parts.pre.textContent));"
        for at in (0, 1, 2, 4, 0)
    )
    dom = DOM.replace("TAPE", json.dumps(data[1]))
    done = subprocess.run(["node", "-e", dom + script[1] + ask], capture_output=True, text=True, check=True, timeout=60)
    shown = [json.loads(line).rstrip("\n").split("\n") for line in done.stdout.splitlines()]
    assert shown == [["one", "two"], ["one", "two", "10%"], ["one", "two", "20%"], ["three", "four"], ["one", "two"]]


def test_the_journal_of_a_ticket_has_the_output_that_its_logs_keep() -> None:
    entries = [
        ev.Entry(1.0, ev.StageStarted(3, "pytorch", "t")),
        *(ev.Entry(2.0 + n, ev.OutputLine(3, f"line {n} {TOKEN}")) for n in range(1, 7)),
        *(ev.Entry(10.0 + n / 10, ev.Progress(3, "torch", n, 30)) for n in range(31)),
        ev.Entry(20.0, ev.Notice(3, "info", f"token {TOKEN}")),
    ]
    logs = {"stage-03.log": (Piece(1, ("line 1 ***",)), Piece(5, ("line 5 ***", "line 6 ***")))}
    lines = list(playable(entries, logs, cleaning(Cleaner([TOKEN], NAMES).value)))
    found = [entry for line in lines if (entry := ev.from_json(line))]
    assert len(found) == len(lines) and TOKEN not in "".join(lines)
    said = [(entry.at, entry.event.text) for entry in found if isinstance(entry.event, ev.OutputLine)]
    assert said == [
        (3.0, "line 1 ***"), (4.0, "[… lines 2 to 4 are left out …]"), (7.0, "line 5 ***"), (8.0, "line 6 ***"),
    ]  # fmt: skip
    kept = [entry.event.done for entry in found if isinstance(entry.event, ev.Progress)]
    assert kept[0] == 0 and kept[-1] == 30 and len(kept) <= 5


def test_the_usual_format_is_kept(tmp_path: Path) -> None:
    assert parse(written(cleaned(tmp_path))) == cleaned(tmp_path)
