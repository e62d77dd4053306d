"""The public index as it stood on the night, and two stacks that are known to work: one resolution each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from installer.audit.simulation import Simulated, simulate
from installer.core.machine.facts import MachineFacts, OperatingSystem
from installer.core.plans.procedure import Install, Launch, Procedure, Sourcing, Step
from installer.core.runs.home import Home
from installer.host.local import LocalHost
from installer.packages.wheels.inspection import WheelLookups

pytestmark = pytest.mark.real
FACTS = MachineFacts(name="pod", os=OperatingSystem("ubuntu", "22.04", "2.35", "x86_64"), python=("3.10",))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Simulated]:
    home = Home(tmp_path_factory.mktemp("simulation"))

    def run(as_of: str, *steps: Step, unread: bool = False) -> Simulated:
        host = LocalHost(home.cache)
        lookups = WheelLookups(host, home, as_of=as_of)
        try:
            followed = Procedure("script", "3.10", steps, unread_installs=unread)
            return simulate(followed, FACTS, host, home, lookups, as_of=as_of)
        finally:
            lookups.close()

    return run


def test_an_older_vllm_takes_the_pinned_torch_away(simulated: Callable[..., Simulated]) -> None:
    done = simulated(
        "2026-01-20",
        Install(3, 3, requires=("torch==2.4.1",), sourcing=Sourcing("https://download.pytorch.org/whl/cu124")),
        Install(6, 7, requires=("vllm==0.6.3.post1",)),
        Install(7, 9, requires=("sglang==0.4.3.post2",), no_deps=True),
        Launch(10, 12, engine="sglang"),
    )
    replaced = [finding.line for finding in done.findings if finding.code == "pin-overridden"]
    assert (replaced, done.stack.packages["torch"].version) == ([7], "2.4.0")
    lacking = [f.summary for f in done.findings if f.code == "missing-module" and f.severity == "blocker"]
    assert any("sgl-kernel" in summary for summary in lacking)


def test_a_release_that_works_is_quiet(simulated: Callable[..., Simulated]) -> None:
    done = simulated("2026-05-01", Install(7, 1, requires=("sglang==0.5.10",)), Launch(10, 2, engine="sglang"))
    assert done.findings == () and done.stack.packages["torch"].version == "2.9.1"


@pytest.mark.parametrize(("unread", "severity"), [(False, "blocker"), (True, "probe")])
def test_what_nobody_could_read_may_bring_the_older_companion(
    simulated: Callable[..., Simulated], unread: bool, severity: str
) -> None:
    steps = (Install(7, 1, requires=("vllm==0.11.0",)), Launch(10, 2, engine="vllm"))
    done = simulated("2026-06-20", *steps, unread=unread)
    assert [f.severity for f in done.findings if "all_special_tokens_extended" in f.summary] == [severity]
