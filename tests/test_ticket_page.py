"""The page of a ticket of a real failed run, opened in a browser: the explanation, the search, the recording."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.stand_ins import browser
from tests.test_runs import Lab
from tests.test_ticket import PASSWORD, TOKEN, failed, ticket

__all__ = ["failed"]

LOOK = """
const wait = ms => new Promise(done => setTimeout(done, ms));
const screen = () => document.querySelector("#player pre").textContent;
const why = document.querySelector(".why-box pre");
const found = {why: why ? why.textContent : "", first: screen()};
const box = document.getElementById("search");
box.value = WORDS; box.dispatchEvent(new Event("input")); await wait(400);
const lines = [...document.querySelectorAll("ol.log li")];
found.hits = lines.filter(line => line.classList.contains("hit")).length;
found.shown = lines.filter(line => !line.hidden).length;
found.all = lines.length;
box.value = ""; box.dispatchEvent(new Event("input")); await wait(400);
found.again = [...document.querySelectorAll("ol.log li")].filter(line => !line.hidden).length;
const marks = [...document.querySelectorAll("#player nav button")];
found.marks = marks.map(one => one.textContent);
marks[0].click(); found.begin = screen();
const speed = document.querySelector("#player select"); speed.value = "64"; speed.dispatchEvent(new Event("change"));
document.querySelector("#player p button").click();
for (let n = 0; n < 400 && document.querySelector("#player p button").textContent === "Pause"; n++) await wait(100);
found.end = screen(); found.time = document.querySelector("#player output").textContent;
marks[marks.length - 1].click(); found.jumped = screen();
found.outside = performance.getEntriesByType("resource").length;
return found;
"""


def looked_at(page: str, words: str) -> dict[str, Any]:
    found = browser.visited(page, LOOK.replace("WORDS", json.dumps(words)))
    assert isinstance(found, dict), found
    return found


@pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WHY_NOT)
def test_it_is_read_searched_and_played_in_a_browser_without_a_network(failed: Lab) -> None:
    _, members, _ = ticket(failed)
    found = looked_at(members["ticket.html"], "fastapi")
    assert "fastapi" in found["why"].replace("_", "-") and found["outside"] == 0
    assert 0 < found["hits"] <= found["shown"] < found["all"] == found["again"]
    names = found["marks"]
    assert names[-1] == "failed in stage 6" and "6 dependencies" in names
    assert "failed" not in found["begin"] and "dependencies" in found["end"] and "failed" in found["end"]
    left, _, whole = found["time"].partition(" / ")
    assert left == whole != "0:00" or left == whole
    assert found["jumped"] and TOKEN not in str(found) and PASSWORD not in str(found)
