"""The recording of a real failed run, played to its end by the usual player in a browser, without a network."""

from __future__ import annotations

import json

import pytest

from installer.session import runs
from tests.stand_ins import browser, usual_player
from tests.test_runs import Lab
from tests.test_ticket import failed

__all__ = ["failed"]

PAGE = "<!doctype html><html><body><div id='shown'></div><script>{player}</script></body></html>"
PLAY = """
const seen = [];
const player = AsciinemaPlayer.create({data: TAPE}, document.getElementById("shown"), {speed: 64, fit: false});
player.addEventListener("marker", mark => seen.push(mark.label));
const ended = new Promise(done => player.addEventListener("ended", done));
await player.play();
await ended;
await new Promise(done => setTimeout(done, 500));
return {seen, seconds: await player.getDuration(), text: document.getElementById("shown").textContent};
"""


@pytest.mark.skipif(browser.CHROMIUM is None, reason=browser.WHY_NOT)
@pytest.mark.skipif(usual_player.PLAYER is None, reason=usual_player.WHY_NOT)
def test_the_usual_player_plays_a_recording(failed: Lab) -> None:
    run = runs.latest(failed.home)
    assert run and usual_player.PLAYER
    script = usual_player.PLAYER.read_text(encoding="utf-8").replace("</script", "<\\/script")
    tape = json.dumps(run.cast.read_text(encoding="utf-8")).replace("</", "<\\/")

    found = browser.visited(
        PAGE.format(player="").replace("</script>", script + "</script>"), PLAY.replace("TAPE", tape)
    )

    assert isinstance(found, dict), found
    assert found["seen"][-1] == "failed in stage 6" and "6 dependencies" in found["seen"]
    assert found["seconds"] > 0
