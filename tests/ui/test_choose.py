"""Choosing: a table that is searched, checked in the background, with settings that are checked as one types."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import DataTable, Input

from installer.core.errors import DeployError
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding, Plan
from installer.core.plans.repair import Repair
from installer.ui.screens.choose import ChooseScreen
from installer.ui.screens.model import ModelScreen
from installer.ui.screens.review import ReviewScreen
from tests.ui.frozen import frozen, reviewed, text_of, until
from tests.ui.plans import cpu_plan
from tests.ui.replay import ReplaySession

SIZE = (120, 40)


async def test_a_recipe_is_searched_set_up_and_planned_with_keys_alone() -> None:
    session = ReplaySession()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen) and "all checked" in text_of(app))
        assert "★" in text_of(app) and "✗ model-type-…" in text_of(app)
        await pilot.press("slash", *"sglang 3b", "enter", "v")
        await until(pilot, lambda: app.screen.query_one(DataTable).row_count == 1)
        await pilot.press("tab", "tab", *"70000")
        await until(pilot, lambda: "A port is a number" in text_of(app))
        await pilot.press("enter")
        assert isinstance(app.screen, ChooseScreen), "what is not valid is not planned"
        await pilot.press(*["backspace"] * 5, *"8100", "tab", *"server.host=0.0.0.0", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen) and app.screen.answer)
        assert session.chosen == "qwen2.5-3b-sglang"
        assert session.settings == ["server.port=8100", "server.host=0.0.0.0"]


async def test_a_recipe_is_chosen_with_the_mouse() -> None:
    session = ReplaySession()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        for _ in range(2):  # the first looks at it, the second takes it
            await pilot.click(DataTable, offset=(10, 2))
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen) and app.screen.answer)
        assert session.chosen == "qwen2.5-3b-sglang"


async def test_a_recipe_that_cannot_be_judged_says_why() -> None:
    class Failing(ReplaySession):
        def assess(self, recipe: str) -> Plan:
            raise DeployError("No plan [/foo].", "No network.", "Ask again.")

    app = frozen(Failing())
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen) and "all checked" in text_of(app))
        await pilot.press("down")
        await until(pilot, lambda: "No plan [/foo]." in text_of(app))
        await pilot.press("slash", *"zzz")
        await until(pilot, lambda: "0 of 3" in text_of(app))
        await pilot.press("enter", "enter", "escape")
        assert isinstance(app.screen, ReviewScreen) and not app.query(Input)


def taken(recipe: str) -> Plan:
    port = Finding(
        code=Code.PORT,
        severity=Severity.BLOCKER,
        stage=1,
        subject="port 8000",
        summary="Port 8000 is taken.",
        evidence="Somebody listens.",
        fix="Use another.",
    )
    answer = Repair("flags", "Use port 8001 instead.", settings=("server.port=8001",))
    return replace(cpu_plan(recipe), findings=(port,), repair=answer)


async def test_a_repair_is_one_key_and_planned_with() -> None:
    session = ReplaySession(planned=taken)
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        assert "Use port 8001 instead.  a applies it" in text_of(app)
        await pilot.press("enter")
        session.planned = cpu_plan
        await pilot.press("a")
        await until(pilot, lambda: session.called("plan") == 2 and "This works" in text_of(app))
        assert session.settings == ["server.port=8001"] and not session.called("start")
        await pilot.press("a")
        await pilot.pause()
        assert session.called("plan") == 2


async def test_any_model_is_planned_by_its_name() -> None:
    session = ReplaySession("success-stand-in")
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("m", *"a b/c")
        await until(pilot, lambda: isinstance(app.screen, ModelScreen) and "ORG/NAME" in text_of(app))
        await pilot.press("enter")
        assert isinstance(app.screen, ModelScreen), "what is no name is not taken"
        await pilot.press(*["backspace"] * 5, *"Qwen/Qwen3-8B", "enter")
        await reviewed(pilot)
        await until(pilot, lambda: session.chosen == "Qwen/Qwen3-8B" and session.called("plan") == 2)
