"""What the screen talks to: one object that plans, starts, follows and stops (`installer.ui.bridge.Session`).

Each method loads what it needs: the screen is shown before anything is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from installer.core.errors import DeployError, PredictedError, UsageError
from installer.core.runs.home import Home, RunFolder
from installer.core.runs.request import Request
from installer.session.history_session import HistorySession
from installer.session.serving_session import ServingSession

if TYPE_CHECKING:
    from installer.core.machine.meters import Reading
    from installer.core.plans.plan import Finding, Plan
    from installer.core.recipes.recipe import Recipe
    from installer.core.runs.cause import Cause
    from installer.host.meters import Meters
    from installer.knowledge.parameters import Parameter
    from installer.session.runs import Pulse


class DeploySession(ServingSession, HistorySession):
    """The session of one screen. Slow methods say so; call those in a thread."""

    def __init__(self, request: Request, home: Home) -> None:
        super().__init__(home)
        self._request = request
        self._planned: Request | None = None
        self._recipe: Recipe | None = None
        self._model = ""
        self._settings = request.settings
        self._meters: Meters | None = None

    @property
    def home(self) -> Home:
        return self._home

    def running(self) -> RunFolder | None:
        from installer.session import runs

        return runs.running(self._home)

    def latest(self) -> RunFolder | None:
        from installer.session import runs

        return runs.latest(self._home)

    def recipes(self) -> Sequence[Recipe]:
        from installer.session import recipes

        return recipes.shipped()

    def flags(self) -> Sequence[Parameter]:
        """Of the last plan's server; none before there was one."""
        from installer.knowledge.parameters import explained
        from stages.launching import filled

        if self._recipe is None:
            return ()
        model = self._model or "the model's folder"
        return [replace(flag, value=filled(flag.value, self._recipe, model)) for flag in explained(self._recipe)]

    def settings_so_far(self) -> Sequence[str]:
        """Those of the last plan, with what the home remembers; of one that failed, those that were requested."""
        return self._settings

    def check_settings(self, recipe: str, settings: Sequence[str]) -> str:
        """What is wrong with these settings of a recipe, by its own text; empty if nothing is."""
        from installer.session import recipes

        try:
            recipes.load(recipe, settings=settings)
        except UsageError as error:
            return error.why
        return ""

    def blockers_of_settings(self, recipe: str, settings: Sequence[str]) -> Sequence[Finding]:
        """What a plan with them would have against them, without the network; none if that is unknown."""
        from installer.host.local import LocalHost
        from installer.session.settings_check import blockers_of_settings

        wanted = replace(self._request, recipe=recipe, wish=None, profile=None, settings=tuple(settings))
        try:
            return blockers_of_settings(wanted, self._home, LocalHost(self._home.cache))
        except DeployError:
            return ()

    def explain_flag(self, recipe: str, flag: str) -> Parameter | None:
        from installer.knowledge.parameters import explain
        from installer.session import recipes

        return explain(flag, recipes.load(recipe))

    def choose(self, recipe: str, profile: str | None, settings: Sequence[str]) -> None:
        """The next plan is for this recipe, with this profile and these settings and no others."""
        self._request = replace(self._request, recipe=recipe, wish=None, profile=profile, settings=tuple(settings))

    def select(self, recipe: str | None, profile: str | None, settings: Sequence[str], model: str = "") -> None:
        """The next plan is for another recipe, for any model by its name, or has other settings on top."""
        from installer.core.runs.model_request import ModelRequest

        kept = self._request
        if model:
            kept = replace(kept, recipe=None, wish=ModelRequest(_absolute(model)), profile=None, settings=())
        if recipe is not None and recipe != kept.recipe:
            kept = replace(kept, recipe=recipe, wish=None, profile=None)
        self._request = replace(kept, profile=profile or kept.profile, settings=(*kept.settings, *settings))

    def plan(self) -> Plan:
        """Slow: reads the machine and asks the indexes. Raises `DeployError`."""
        from installer.session.cached_answers import PlanningHost
        from installer.session.planning import make_plan
        from installer.session.prepare import prepare

        host = PlanningHost(self._home.cache)
        self._settings = self._request.settings
        prepared = prepare(self._request, self._home, host)
        self._settings = prepared.request.settings
        plan = make_plan(prepared, host)
        self._planned, self._recipe, self._model = prepared.request, prepared.recipe, plan.model
        return plan

    def assess(self, recipe: str) -> Plan:
        """What another recipe comes to here. Slow, as `plan`; raises `DeployError`."""
        from installer.session.cached_answers import PlanningHost
        from installer.session.planning import make_plan
        from installer.session.prepare import prepare

        host = PlanningHost(self._home.cache)
        request = replace(self._request, recipe=recipe, wish=None, profile=None, settings=())
        return make_plan(prepare(request, self._home, host), host, sizes=False)

    def took(self, recipe: str) -> Mapping[int, float]:
        from installer.session.stage_times import run_times, stage_times

        return stage_times(run_times(self._home), recipe)

    def start(self) -> RunFolder:
        """Start the installer process for the last plan. Raises `DeployError`."""
        from installer.session import runs

        if self._planned is None:
            raise PredictedError("There is no plan to start.", "It has not been calculated yet.", "Plan first.")
        if self._planned.machine:
            raise PredictedError(
                "This plan is for another machine.",
                f"It was made for the machine that {self._planned.machine} describes.",
                "Deploy it there, or leave out --machine to plan for this one.",
            )
        folder, lock = runs.new(self._home, self._planned)
        runs.spawn(self._home, folder, lock)
        return folder

    def pulse(self, run: RunFolder) -> Pulse:
        from installer.session.runs import Pulse

        return Pulse(self._home, run)

    def cancel(self, run: RunFolder) -> None:
        from installer.session import runs

        runs.cancel(run)

    def meters(self) -> Reading:
        from installer.host.meters import Meters

        if self._meters is None:
            self._meters = Meters()
        return self._meters.read(self._home.root)

    def price(self) -> float | None:
        from installer.host import server_state
        from installer.session import costs

        cost = costs.cost(self._home, server_state.read_state(self._home))
        return cost["per_hour"] if cost else None

    def cause(self, lines: Sequence[str]) -> Cause | None:
        """What is known about a log; slow where it is long."""
        from installer.session.failure_causes import cause_of

        return cause_of(lines)

    def earlier_generations(self) -> list[int]:
        from installer.execution.generations import Generations

        generations = Generations(self._home)
        current = generations.current()
        return [number for number in generations.seals() if current is None or number < current]


def _absolute(model: str) -> str:
    """A folder by its whole path, because the run works in another one; a name of the hub as it is."""
    folder = Path(model).expanduser()
    return str(folder.resolve()) if folder.is_dir() else model
