"""What befell a server and a ticket about a run, on the screen: by one key from where one looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.contracts.incident import Incident
from installer.core.contracts.server_history import KeptIncident, ServerHistory
from installer.core.proofs import Proof, ProofStatus, Proven
from installer.ui.screens.end import EndScreen
from installer.ui.screens.history import HistoryScreen
from installer.ui.screens.incidents import IncidentsScreen
from installer.ui.screens.serve import ServeScreen
from installer.ui.server_history_rows import history_rows
from tests.ui.frozen import ended, frozen, reviewed, text_of, until
from tests.ui.record_journals import START
from tests.ui.replay import READY, ReplaySession

SERVED = replace(READY, started_at=START - 60, restarts=2, ends_at=START + 300, unjudged="it tells no figures [/foo]")


def befallen(folder: Path) -> ServerHistory:
    process = {"pid": 7, "name": "VLLM::Worker", "state": "T (stopped)", "threads": 3, "memory_mib": 900}
    kept = []
    for number, kind in enumerate(("frozen", "died")):
        own = folder / kind
        own.mkdir()
        (own / "server.log").write_text(f"INFO all is well\nRuntimeError: planted {kind} [/foo]\n")
        reason = f"It was seen {kind} [/foo]."
        one = Incident(
            kind, kind, START - 100 * number, reason, done="It was started again.", evidence={"processes": [process]}
        )
        kept.append(KeptIncident(one, own))
    proofs = (Proof("tool call", ProofStatus.PROVED), Proof("long prompt", ProofStatus.FAILED))
    proven = Proven(START - 30, READY.pid, START - 60, "m", "r", proofs)
    return ServerHistory(tuple(kept), 2.5, 1.25, proven)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_serve_says_what_befell_what_it_costs_and_what_was_proved(tmp_path: Path, size: tuple[int, int]) -> None:
    app = frozen(ReplaySession(served=SERVED, befallen=befallen(tmp_path)))
    async with app.run_test(size=size) as pilot:
        await reviewed(pilot)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen) and app.board.server_past)
        await until(pilot, lambda: "2.5 an hour" in text_of(app))
        for words in ("2 by itself", "ends in", "2.5 an hour", "1 proved", "incidents   2, last"):
            assert words in text_of(app), words
        await pilot.press("I")
        await until(pilot, lambda: isinstance(app.screen, IncidentsScreen) and "planted frozen [/foo]" in text_of(app))
        assert "It was seen frozen [/foo]." in text_of(app) and "VLLM::Worker: T (stopped)" in text_of(app)
        await pilot.press("down")
        await until(pilot, lambda: "planted died [/foo]" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ServeScreen))


async def test_history_opens_incidents_too_and_says_where_there_is_none() -> None:
    app = frozen(ReplaySession())
    async with app.run_test(size=(80, 24)) as pilot:
        await reviewed(pilot)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and "0 runs" in text_of(app))
        assert "delete" not in text_of(app), "a key that does nothing is not offered"
        await pilot.press("i")
        await until(pilot, lambda: "There are no incidents" in text_of(app))


def test_a_proof_of_an_earlier_start_is_called_that(tmp_path: Path) -> None:
    rows = history_rows(befallen(tmp_path), replace(SERVED, pid=1))
    assert any("of an earlier start" in row.value.plain for row in rows)
    assert history_rows(ServerHistory(), SERVED) == [] == history_rows(None, SERVED)


async def test_a_failure_offers_a_ticket_says_what_it_holds_and_writes_it_only_on_yes() -> None:
    session = ReplaySession("failed-stage-7", attached=True)
    app = frozen(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await ended(pilot)
        assert isinstance(app.screen, EndScreen)
        await pilot.press("T")
        await until(pilot, lambda: "journal.jsonl  9 kB [/foo]" in text_of(app) and "Write a ticket" in text_of(app))
        await pilot.press("n")
        await until(pilot, lambda: "Write a ticket" not in text_of(app))
        assert not session.called("write_ticket")
        await pilot.press("T")
        await until(pilot, lambda: "Write a ticket" in text_of(app))
        await pilot.press("y")
        await until(pilot, lambda: list(session.home.root.glob("ticket-*.zip")))
        assert [path.read_bytes() for path in session.home.root.glob("ticket-*.zip")] == [b"packed"]


async def test_how_long_stages_took_before_is_read_for_a_run_that_goes_on_alone() -> None:
    """The journals of all runs are read for it: an earlier run is open before that is."""
    session = ReplaySession("success-gpu")
    app = frozen(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await reviewed(pilot)
        planned = session.called("took")
        await pilot.press("o")
        await ended(pilot)
        assert session.called("took") == planned
