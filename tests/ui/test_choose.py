"""Choosing: a table that is searched, checked in the background, with settings that are checked as one types."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from textual.pilot import Pilot
from textual.widgets import DataTable, Input, Select

from installer.core.errors import DeployError
from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding, Plan
from installer.core.plans.repair import Repair
from installer.ui.app import DeployApp
from installer.ui.choice_rows import BAR, NAME, VERDICT, WIDTHS, widths
from installer.ui.screens.choose import ChooseScreen
from installer.ui.screens.model import ModelScreen
from installer.ui.screens.review import ReviewScreen
from installer.ui.widgets.settings_form import SettingsForm
from tests.ui.frozen import frozen, reviewed, text_of, until
from tests.ui.plans import blocked_plan, cpu_plan
from tests.ui.replay import ReplaySession

SIZE = (120, 40)


async def choosing(pilot: Pilot[None], app: DeployApp) -> None:
    await reviewed(pilot)
    await pilot.press("r")
    await until(pilot, lambda: isinstance(app.screen, ChooseScreen) and "all checked" in text_of(app))


async def test_a_recipe_is_searched_set_up_and_planned_with_keys_alone() -> None:
    session = ReplaySession()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await choosing(pilot, app)
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


async def test_the_form_begins_with_what_is_set_and_replaces_it() -> None:
    session = ReplaySession(settings=["server.port=8000", "server.flags.--x=a b", "server.port=8451"])
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await choosing(pilot, app)
        assert app.screen.query_one("#port", Input).value == "8451"
        assert app.screen.query_one("#settings", Input).value == "'server.flags.--x=a b'"
        await pilot.press("tab", "tab", *["backspace"] * 4, "tab", *" server.host=::", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen) and app.screen.answer)
        assert session.settings == ["server.flags.--x=a b", "server.host=::"], "an empty port is the recipe's again"


async def test_a_setting_that_no_recipe_has_is_said_while_it_is_typed() -> None:
    session = ReplaySession()
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await choosing(pilot, app)
        await pilot.press("tab", "tab", "tab", *"sever.port=1")
        await until(pilot, lambda: '✗ unknown key "sever" [/foo]' in text_of(app))
        await pilot.press("enter")
        assert isinstance(app.screen, ChooseScreen) and session.called("plan") == 1
        await pilot.press("home", *["right"] * 2, "r")  # server
        await until(pilot, lambda: "unknown key" not in text_of(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "server.port=1" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen) and app.screen.answer)
        assert session.settings == ["server.port=1"]


async def test_what_a_plan_would_have_against_a_setting_is_said_while_it_is_typed() -> None:
    session = ReplaySession()
    session.blockers["server.port=8010"] = taken("x").findings[0]
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await choosing(pilot, app)
        await pilot.press("tab", "tab", *"8010")
        await until(pilot, lambda: "✗ Port 8000 is taken. Use another." in " ".join(text_of(app).split()))
        await pilot.press("tab")
        assert "is taken" in text_of(app), "it holds wherever one is"
        await pilot.press("shift+tab", "end", "backspace", "1")
        await until(pilot, lambda: "is taken" not in text_of(app))
        await pilot.press("backspace", "0")
        await until(pilot, lambda: "is taken" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen) and app.screen.answer)
        assert session.settings == ["server.port=8010"], "the plan is made, because it has the repair"


async def test_a_flag_is_explained_while_it_is_typed() -> None:
    app = frozen(ReplaySession())
    async with app.run_test(size=SIZE) as pilot:
        await choosing(pilot, app)
        await pilot.press("tab", "tab", "tab", *"server.flags.--max-model-len=1")
        await until(pilot, lambda: "--max-model-len: The" in text_of(app))
        await pilot.press("shift+tab")
        await until(pilot, lambda: "Where clients" in text_of(app))
        await pilot.press("tab", "end", *" price=2")
        await until(pilot, lambda: "Any value of" in text_of(app))


async def test_of_what_is_typed_only_the_newest_is_checked() -> None:
    session, go_on = ReplaySession(), threading.Event()
    asked: list[Sequence[str]] = []

    def slow(recipe: str, settings: Sequence[str]) -> str:
        asked.append(settings)
        go_on.wait()
        return ""

    session.check_settings = slow  # type: ignore[method-assign]
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await choosing(pilot, app)
        await pilot.press("tab", "tab", *"8010")
        go_on.set()
        await until(pilot, lambda: session.called("blockers-of-settings") == 2)
    assert asked == [("server.port=8",), ("server.port=8010",)]


async def test_rows_stay_where_they_are_until_every_recipe_is_checked() -> None:
    session, go_on = ReplaySession(), threading.Event()

    def slow(recipe: str) -> Plan:
        if recipe == "ministral-3b-sglang":
            go_on.wait()
            return blocked_plan(recipe)
        return cpu_plan(recipe)

    session.assess = slow
    app = frozen(session)
    async with app.run_test(size=SIZE) as pilot:
        await reviewed(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen) and "checking 1 more" in text_of(app))
        assert _rows(app) == ["qwen2.5-0.5b-cpu", "ministral-3b-sglang", "qwen2.5-3b-sglang"]
        go_on.set()
        await until(pilot, lambda: "all checked" in text_of(app))
        assert _rows(app) == ["qwen2.5-0.5b-cpu", "qwen2.5-3b-sglang", "ministral-3b-sglang"]


async def test_a_wide_table_shows_whole_names_and_why_not_in_a_sentence() -> None:
    session = ReplaySession()
    app = frozen(session)
    async with app.run_test(size=(200, 50)) as pilot:
        await choosing(pilot, app)
        summary = next(f.summary for f in blocked_plan("x").findings if f.severity == Severity.BLOCKER)
        await until(pilot, lambda: f"✗ {summary[:30]}" in text_of(app))
        await pilot.resize_terminal(*SIZE)
        await until(pilot, lambda: "✗ model-type-…" in text_of(app))


def test_room_goes_to_whole_names_first_and_then_to_the_verdict() -> None:
    name = "n" * 30
    assert widths(0, [name]) == widths(sum(WIDTHS) + BAR, [name]) == WIDTHS
    assert [widths(sum(WIDTHS) + BAR + more, [name])[NAME] for more in (3, 5, 50)] == [29, 31, 31]
    assert widths(sum(WIDTHS) + BAR + 50, [name])[VERDICT] == WIDTHS[VERDICT] + 45


async def test_what_is_known_of_a_recipe_is_read_with_a_key() -> None:
    app = frozen(ReplaySession())
    async with app.run_test(size=(80, 24)) as pilot:
        await choosing(pilot, app)
        about = app.screen.query_one("#about")
        await until(pilot, lambda: about.max_scroll_y > 0)
        await pilot.press("space")
        await until(pilot, lambda: about.scroll_offset.y > 0)
        while about.scroll_offset.y < about.max_scroll_y:
            await pilot.press("space")
        await pilot.press("space")
        await until(pilot, lambda: about.scroll_offset.y == 0)


def _rows(app: DeployApp) -> list[str | None]:
    return [row.key.value for row in app.screen.query_one(DataTable).ordered_rows]


async def test_a_chosen_profile_stays_while_verdicts_arrive() -> None:
    app = frozen(ReplaySession())
    async with app.run_test(size=SIZE) as pilot:
        await choosing(pilot, app)
        form = app.screen.query_one(SettingsForm)
        app.screen.query_one("#profile", Select).set_options([("a", "a")])
        app.screen.query_one("#profile", Select).value = "a"
        app.board.tell(lambda screen: screen.assessed("qwen2.5-0.5b-cpu"))
        await pilot.pause()
        assert form.profile == "a"


async def test_a_click_on_the_name_of_a_column_sorts_by_it() -> None:
    app = frozen(ReplaySession())
    async with app.run_test(size=SIZE) as pilot:
        await choosing(pilot, app)
        await pilot.click(DataTable, offset=(30, 0))
        await until(pilot, lambda: "sorted by engine" in text_of(app))
        await pilot.press("v")
        await until(pilot, lambda: "only what works" in text_of(app))


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
        await choosing(pilot, app)
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
