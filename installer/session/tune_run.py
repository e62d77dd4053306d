"""`server tune` on a home: searches, serves the winner by its own profile, or restores the previous state.

It must never leave the server worse than it was, however the search ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import UsageError
from installer.core.outcomes import ServerStatus
from installer.core.proofs import ProofStatus, Proven
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.diagnostics.bench_clients import Measured
from installer.execution import lock
from installer.host.local import LocalHost
from installer.host.meters import Meters
from installer.proofs import saved
from installer.session import bench_results, interrupts, previous_state, ready_server, trial_server, tune_profile
from installer.session.deployments import remembered
from installer.session.prepare import prepare
from installer.session.prepared import Prepared
from installer.session.trial_server import Measure
from installer.session.tune_aims import Level
from installer.session.tune_journal import Journal
from installer.session.tune_space import Point, dimensions
from installer.session.tuning import Search, Trial, TrialActions

SERVE = (10,)


@dataclass(frozen=True, slots=True)
class Asked:
    aim: str
    level: Level
    minutes: float
    load: tuple[int, ...]
    """Requests at a time, and then the tokens of a prompt: what makes two searches comparable."""
    fresh: bool = False
    """Forget what earlier searches measured."""


@dataclass(frozen=True, slots=True)
class Outcome:
    aim: str
    trials: tuple[Trial, ...]
    winner: int | None
    """The number of the trial that is served from now on; `None`: what was served before."""
    profile: str = ""
    file: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class TuneActions:
    """What it does its work with."""

    deploy: Callable[[Request], int]
    measure: Measure
    refuses: Callable[[Request], str]
    tell: Callable[[str], None]
    report_trial: Callable[[Trial], None]


def tune(home: Home, host: LocalHost, asked: Asked, means: TuneActions) -> Outcome:
    """Raises `UsageError` if no server runs or nothing of its engine is known to tune."""
    state, request = host.server_state(home), remembered(home)
    launch = ready_server.launch_of(home, state, "tune")
    if request is None:
        raise UsageError("There is no record of what was deployed here.", "", "Deploy again: deploy-tui --stage all.")
    if cut_short := previous_state.left(home):
        means.tell("An earlier attempt was interrupted; the previous state is restored first.")
        cut_short.put_back(home)
    prepared = prepare(replace(request, stages=()), home, host)
    one = _Tuning(home, host, asked, means, prepared, launch, previous_state.of(home), saved.kept(home))
    one.before.keep(home)
    try:
        with interrupts.interruptible(means.tell):
            return one.outcome()
    except BaseException:
        one.as_it_was()
        raise
    finally:
        previous_state.forget(home)


@dataclass(frozen=True, slots=True)
class _Tuning:
    home: Home
    host: LocalHost
    asked: Asked
    means: TuneActions
    prepared: Prepared
    running: LaunchSpec
    """What is served while it begins."""
    before: previous_state.PreviousState
    proven: Proven | None

    def outcome(self) -> Outcome:
        search = self.searched()
        best = search.best
        if best is not None and best.point.flags:
            return self.served(search, best)
        self.as_it_was()
        none = (
            "No setting meets the service level." if best is None else
            "Nothing that was measured is better than the recipe."
        )  # fmt: skip
        skipped = len(search.skipped)
        late = f" There was no time to try more settings: {skipped}. Give it more with --minutes." if skipped else ""
        message = f"{none}{late} The previous server keeps running."
        return Outcome(search.aim, tuple(search.trials), None, said=message)

    def searched(self) -> Search:
        recipe, asked = self.prepared.recipe, self.asked
        known = dimensions(recipe, asked.aim, len(self.prepared.facts.gpus or ()))
        if not known:
            raise UsageError(
                f"There are no known settings to tune for {recipe.engine_name}.",
                "installer/knowledge/tuning.yaml has no row for it.", "Measure it with `deploy-tui bench`.",
            )  # fmt: skip
        journal = Journal(self.home, self._question())
        if asked.fresh:
            journal.forget()

        def measure(point: Point) -> Sequence[Measured]:
            self.means.tell(f"Trying {point.name} …")
            loads = self._measured(point)
            journal.note(point, loads)
            return loads

        actions = TrialActions(lambda point: self.means.refuses(self._with(point)), measure, journal.known)
        deadline = time.monotonic() + 60 * asked.minutes
        search = Search(recipe, known, asked.aim, asked.level, actions, deadline)
        with lock.held(self.home, "tune"):
            for trial in search.run():
                self.means.report_trial(trial)
        return search

    def _measured(self, point: Point) -> Sequence[Measured]:
        """One start for the settings of a point, none for those that run already."""
        made = trial_server.trial(self.home, self.host, self._with(point), self.means.tell)
        state = self.host.server_state(self.home)
        if not (state.state == ServerStatus.READY and state.launch is not None and state.launch.same_server(made.spec)):
            trial_server.replaced(self.home, made)
        return self.means.measure(made.spec, self.home)

    def _with(self, point: Point) -> Request:
        request = self.prepared.request
        return replace(request, settings=(*request.settings, *point.settings))

    def _question(self) -> dict[str, object]:
        """What makes the figures of two searches comparable."""
        request, gpus = self.prepared.request, [gpu.name for gpu in self.prepared.facts.gpus or ()]
        return {
            "recipe": self.prepared.recipe.name, "profile": request.profile, "settings": list(request.settings),
            "versions": bench_results.versions(self.home, self.running), "model": self.running.model, "gpus": gpus,
            "load": list(self.asked.load),
        }  # fmt: skip

    def served(self, search: Search, best: Trial) -> Outcome:
        """The winner by a profile of its own; the previous state if it does not start, or breaks what was proved."""
        name, trials = f"tuned-{search.aim}", tuple(search.trials)
        file = self._written(name, best)
        request, tuned = self.prepared.request, {setting.partition("=")[0] for setting in best.point.settings}
        settings = tuple(setting for setting in request.settings if setting.partition("=")[0] not in tuned)
        self.means.tell(f"Starting the best of {len(trials)} trials: {best.point.name}.")
        wanted = replace(request, recipe=str(file), profile=name, settings=settings, stages=SERVE)
        broken = "it did not start" if self.means.deploy(wanted) else self._broken()
        if not broken:
            message = f"The profile {name} in {file} is served now; the next start uses it as well."
            return Outcome(search.aim, trials, best.number, name, str(file), message)
        self.as_it_was()
        message = f"The best trial was rolled back: {broken}. The previous server runs again."
        return Outcome(search.aim, trials, None, said=message)

    def _written(self, name: str, best: Trial) -> Path:
        recipe = self.prepared.recipe
        profile = next((one for one in recipe.profiles if one.name == recipe.profile), None)
        flags = {**(profile.flags if profile else {}), **dict(best.point.flags)}
        on = ", ".join(gpu.name for gpu in Meters().read(self.home.root).gpus) or "the CPU"
        return tune_profile.write(self.home, recipe, name, flags, tune_profile.described(best, on))

    def _broken(self) -> str:
        """A promise that was kept before the search and is not now."""
        now = saved.kept(self.home)
        if now is None or self.proven is None:
            return ""
        lost = {proof.name for proof in now.of(ProofStatus.FAILED)} - {
            proof.name for proof in self.proven.of(ProofStatus.FAILED)
        }
        return f"it fails at {', '.join(sorted(lost))}" if lost else ""

    def as_it_was(self) -> None:
        """What the home is to contain, and the server that ran."""
        with interrupts.postponed(self.means.tell) as tell:
            self.before.put_back(self.home)
            state = self.host.server_state(self.home)
            if not (
                state.state == ServerStatus.READY
                and state.launch is not None
                and state.launch.same_server(self.running)
            ):
                tell("Restarting the previous server.")
                if self.means.deploy(Request(stages=SERVE)):
                    raise trial_server.NotRestoredError(self.home)
            tell("The previous server runs.")
