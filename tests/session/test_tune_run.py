"""Tuning a server that really runs: the winner is served by its own profile, and nothing is left worse than before."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import UsageError
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.diagnostics.bench_clients import Load, Measured
from installer.host import server_state
from installer.session import previous_state, tune_run
from installer.session.tune_aims import Level
from installer.session.tune_run import Asked, Outcome, TuneActions
from installer.session.tuning import Trial
from tests.stand_ins.served_home import ServedHome

ASKED = Asked("throughput", Level(), 60.0, (8, 32))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedHome]:
    made = ServedHome(tmp_path, more=", --max-num-seqs: 4, --max-num-batched-tokens: 64")
    yield made
    made.end()


class Bench:
    """Measures by what a server was started with, after asking it for a token."""

    def __init__(self, served: ServedHome, *, best: str = "32") -> None:
        self.served, self.best, self.measured, self.trials = served, best, list[str](), list[Trial]()
        self.stop_at = 999

    def measure(self, spec: LaunchSpec, home: Home) -> Sequence[Measured]:
        assert server_state.read_state(home).state == "ready"
        self.served.measure(spec, home)
        words = list(spec.command)
        width = words[words.index("--max-num-seqs") + 1] if "--max-num-seqs" in words else "default"
        self.measured.append(width)
        if len(self.measured) > self.stop_at:
            os.kill(os.getpid(), signal.SIGTERM)
        speed = 900.0 if width == self.best else 500.0
        return [Measured(Load(8, 8, 32, 100), 20.0, 3.0, 1.0, speed, 8)]

    def tune(self, asked: Asked = ASKED) -> Outcome:
        def refuses(request: Request) -> str:
            return "too many" if any(setting.endswith("seqs=256") for setting in request.settings) else ""

        means = TuneActions(self.served.deploy, self.measure, refuses, self.served.said.append, self.trials.append)
        return tune_run.tune(self.served.home, self.served.host, asked, means)


def test_the_winner_is_served_by_a_profile_of_its_own(served: ServedHome) -> None:
    served.deploy(Request(settings=("server.flags.--max-num-seqs=5",), stages=(10,)))
    outcome = Bench(served).tune()
    assert outcome.winner is not None and outcome.profile == "tuned-throughput"
    words = served.launch.command
    assert words[words.index("--max-num-seqs") + 1] == "32" and served.launch.port == served.port
    kept = json.loads(served.home.deployment.read_text())
    assert (kept["recipe"], kept["profile"], kept["settings"]) == (outcome.file, "tuned-throughput", [])
    assert "900 tokens/s" in Path(outcome.file).read_text()
    assert {trial.status for trial in outcome.trials} == {"measured", "refused"}
    assert previous_state.left(served.home) is None


def test_the_recipe_that_runs_is_measured_without_a_start(served: ServedHome) -> None:
    pid = served.host.server_state(served.home).pid
    outcome = Bench(served, best="4").tune(replace(ASKED, minutes=0.0))
    assert outcome.winner is None and "Nothing that was measured is better" in outcome.said
    assert "There was no time to try more settings" in outcome.said
    assert [trial.point.name for trial in outcome.trials] == ["the recipe", "the engine's defaults"]
    assert served.launch.command[-1] and "--max-num-seqs" in served.launch.command
    assert served.host.server_state(served.home).pid != pid, "the second trial took its place, and it was started again"


def test_an_interruption_puts_back_what_was_served(served: ServedHome) -> None:
    before, launch = served.home.deployment.read_text(), served.launch
    bench = Bench(served)
    bench.stop_at = 2
    with pytest.raises(KeyboardInterrupt):
        bench.tune()
    assert served.said[-1] == "The previous server runs."
    assert served.launch.same_server(launch)
    assert served.home.deployment.read_text() == before and previous_state.left(served.home) is None


def test_asked_again_it_goes_on_where_it_was(served: ServedHome) -> None:
    bench = Bench(served, best="none")
    bench.tune()
    measured = len(bench.measured)
    again = Bench(served, best="none")
    again.tune()
    assert (measured, len(again.measured)) == (len(set(bench.trials)) - 1, 0), "one of the trials was refused"
    fresh = Bench(served, best="none")
    fresh.tune(replace(ASKED, minutes=0.0, fresh=True))
    assert len(fresh.measured) == 2


def test_a_winner_that_breaks_a_promise_is_taken_back(served: ServedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    launch = served.launch
    monkeypatch.setattr(tune_run._Tuning, "_broken", lambda _: "it fails at burst")
    outcome = Bench(served).tune()
    assert outcome.winner is None and "fails at burst" in outcome.said
    assert served.launch.same_server(launch)


def test_without_a_server_nothing_is_tuned(served: ServedHome) -> None:
    served.end()
    with pytest.raises(UsageError, match="no server to tune"):
        Bench(served).tune()
