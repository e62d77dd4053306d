"""The page of a ticket: what is put into it stays text, and its search keeps the lines around a hit."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from installer.diagnostics.ticket import markdown
from installer.diagnostics.ticket.log_excerpts import Piece
from installer.diagnostics.ticket.page import page

NASTY = "</li><script>alert(1)</script><img src=x onerror=alert(2)>$title"
SUMMARY = {
    "run": {
        "id": "r", "recipe": NASTY, "state": "failed", "stage": 6, "what": NASTY, "why": "", "fix": "", "kind": "",
        "blame": "",        "began": None, "exit_status": 1, "profile": None, "because": None, "seconds": 3.0,
    },
    "explanation": {
        "log": "a.log", "candidates": [],
        "root": {"line": 12, "text": NASTY, "exception": "", "package": "", "version": "", "frame": "", "process": "",
                 "search": ""},
    },
    "stages": [], "notices": [NASTY], "machine": {"os": {"id": NASTY}}, "machine_measured": "now", "server": None,
    "plan": {"findings": None}, "generations": [],
    "packages": {"generation": None, "planned": {}, "differences": None},
}  # fmt: skip
LOGS = {"a.log": (Piece(1, ("one", NASTY)), Piece(11, tuple(f"line {n}" for n in range(11, 31))))}
DOM = """
const nodes = ITEMS.map(text => ({textContent: text, hidden: false, classList: {toggle() {}}}));
let said = {}, listen;
globalThis.document = {
  querySelectorAll: what => what === "ol.log" ? [{children: nodes}] : [],
  getElementById: id => id === "hits" ? said : {addEventListener: (_, call) => { listen = call; }},
};
"""


def test_what_logs_and_messages_hold_stays_text() -> None:
    made = page(SUMMARY, LOGS, "")
    assert made.count("<script") == 1 and "<img" not in made and "&lt;img src=x" in made
    assert '<li data-n="12" class="why">line 12</li>' in made and "lines 3 to 10 are left out" in made
    assert "default-src 'none'" in made and "http" not in made.replace("http-equiv", "")


def test_what_helps_stands_apart_from_the_cause_and_nothing_is_shown_as_none() -> None:
    summary: dict[str, Any] = json.loads(json.dumps(SUMMARY))
    summary["explanation"]["candidates"] = [{"title": "T", "confidence": 0.9, "cause": "So it is", "fix": "Do that"}]
    summary["run"]["because"] = ""
    made = page(summary, {}, "")
    assert "<p>What helps: Do that</p>" in made and "because" not in made
    text = markdown.written(summary, [])
    assert "  What helps: Do that" in text.splitlines()
    assert "driver not known" in text


def test_the_machine_is_shown_as_rows_and_not_as_json() -> None:
    gpus = [{"name": "NVIDIA L4", "memory_mib": 23034, "in_use": False}, {"name": "NVIDIA T4", "driver": None}]
    machine = {"gpus": gpus, "cpu": {"cores": 2, "features": ["avx", "avx2"]}, "tools": [], "memory_mib": 24105}
    made = page({**SUMMARY, "machine": machine, "server": {"command": ["vllm", "a b"]}}, {}, "")
    rows = dict(re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td></tr>", made, re.DOTALL))
    assert rows["gpus"] == "name NVIDIA L4, memory (MiB) 23034, in use no\nname NVIDIA T4, driver unknown"
    assert rows["cpu"] == "cores 2, features avx, avx2" and rows["tools"] == "none"
    assert rows["memory (MiB)"] == "24105" and rows["command"] == "vllm &#x27;a b&#x27;"
    assert "{" not in "".join(rows.values())


@pytest.mark.skipif(not shutil.which("node"), reason="no JavaScript here")
def test_the_search_keeps_the_lines_around_a_hit() -> None:
    script = re.search(r"<script>(.*)</script>", page(SUMMARY, {}, ""), re.DOTALL)
    assert script
    dom = DOM.replace("ITEMS", json.dumps([f"Line {n};" for n in range(20)]))
    ask = 'search("line 7;"); console.log(JSON.stringify([nodes.map(n => n.hidden), said.textContent]));'
    back = 'search(""); console.log(JSON.stringify([nodes.map(n => n.hidden), said.textContent]));'
    done = subprocess.run(
        ["node", "-e", dom + script[1] + ask + back], capture_output=True, text=True, check=True, timeout=60
    )
    found, cleared = map(json.loads, done.stdout.splitlines())
    assert found == [[not 4 <= n <= 10 for n in range(20)], "1 lines"]
    assert cleared == [[False] * 20, ""]
