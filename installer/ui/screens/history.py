"""Runs and generations of this home: open one as it was, see what changed, go back, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from installer.core.outcomes import RunState
from installer.core.text.languages import _, ngettext
from installer.core.text.quantities import size
from installer.core.text.state_words import state_word
from installer.ui.history_rows import (
    GENERATION_COLUMNS,
    RUN_COLUMNS,
    change_rows,
    generation_cells,
    outcome,
    run_cells,
    searched,
)
from installer.ui.intents import (
    DeleteGeneration,
    DeleteRun,
    Go,
    OpenIncidents,
    OpenPast,
    Remember,
    ReplayPast,
    RollBack,
)
from installer.ui.screens.base import HELP, VAST, DeployScreen
from installer.ui.widgets.key_line import KeyLine
from installer.ui.widgets.sheet import Sheet, row
from installer.ui.widgets.table import Table
from installer.ui.widgets.title import TitleBar
from installer.ui.widgets.typed_line import TypedLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from installer.core.runs.summary import GenerationSummary, RunSummary
    from installer.ui import messages
    from installer.ui.board import Board


class HistoryScreen(DeployScreen):
    """Reads again each time that it is shown."""

    MORE = ("app.focus_next", "search", "compare")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", _("open"), key_display="enter", tooltip=_("open the run as it was")),
        Binding("r", "replay", _("replay"), tooltip=_("play the run again, as it was shown")),
        Binding("f", "failed", _("failed"), tooltip=_("only the runs that failed, or all again")),
        Binding("b", "roll_back", _("roll back"), tooltip=_("use this generation")),
        Binding("D,delete", "delete", _("delete"), key_display="D"),
        Binding(
            "slash", "search", _("search"), key_display="/", priority=True, show=False, tooltip=_("search the runs")
        ),
        Binding(
            "d", "compare", _("compare"), show=False, tooltip=_("compare other generations with this one, or stop that")
        ),
        Binding("tab", "app.focus_next", _("panes"), show=False, tooltip=_("runs, generations")),
        Binding("i", "incidents", _("incidents"), tooltip=_("incidents of the server and their evidence")),
        *HELP,
        Binding("escape", "leave", _("back"), show=False),
        Binding("q", "app.leave", _("quit")),
    ]
    ABOUT = _(
        "`deploy-tui runs list` and `deploy-tui status` list the same; `deploy-tui rollback --to N` goes back, "
        "`deploy-tui replay RUN` plays a run again."
    )

    PARTS: ClassVar[Mapping[str, str]] = {
        "filter": _(
            "Words of a recipe, of what happened, or a day: only runs with all of them are shown. esc ends it."
        ),
        "run-table": _("One line per run, newest first. enter opens the selected one as it was shown."),
        "generation-table": _("One line per environment that is kept. Below: what changed since the one before."),
        "changed": _("The packages that changed. Arrows scroll."),
    }

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._runs: Sequence[RunSummary] = ()
        self._generations: Sequence[GenerationSummary] = ()
        self._failed = False
        self._compared_with: int | None = None
        """The generation that others are compared with; `None`: the one before each."""
        self._sizes: Mapping[int, int] = {}
        self._outcome_room = 0

    def compose(self) -> ComposeResult:
        yield TitleBar()
        with Horizontal(id="history"):
            with Vertical(id="runs", classes="panel"):
                yield TypedLine(placeholder=_("search  (recipe, words, day)"), id="filter", compact=True)
                yield Table(cursor_type="row", id="run-table", cell_padding=0)
                yield Sheet(id="run-about", column=8)
            with Vertical(id="generations", classes="panel"):
                yield Table(cursor_type="row", id="generation-table", cell_padding=0)
                with VerticalScroll(id="changed"):
                    yield Sheet(id="changes", column=26)
        yield KeyLine()

    def begin(self) -> None:
        self._make_columns()
        self.query_one("#runs").border_title, self.query_one("#generations").border_title = _("runs"), _("generations")
        self.runs.focus()

    def resized(self) -> None:
        at = self.runs.cursor_row, self.generations.cursor_row
        self._make_columns()
        self._fill()
        self.runs.move_cursor(row=at[0])
        self.generations.move_cursor(row=at[1])

    def _make_columns(self) -> None:
        """The last of each table gets what is left of the width."""
        room = self.app.size.width // (2 if self.app.size.width >= VAST else 1) - 6
        self._outcome_room = room - sum(width for _name, width in RUN_COLUMNS)
        runs = (*RUN_COLUMNS, (_("outcome"), self._outcome_room))
        generations = (*GENERATION_COLUMNS, (_("recipe"), room - sum(width for _name, width in GENERATION_COLUMNS)))
        for table, columns in ((self.runs, runs), (self.generations, generations)):
            table.clear(columns=True)
            for name, width in columns:
                table.add_column(name, width=width)

    def on_screen_resume(self) -> None:
        self.post_message(Remember())

    @property
    def runs(self) -> Table:
        return self.query_one("#run-table", Table)

    @property
    def generations(self) -> Table:
        return self.query_one("#generation-table", Table)

    def sized(self, sizes: Mapping[int, int]) -> None:
        self._sizes = sizes
        self._fill()

    @on(Input.Changed, "#filter")
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self._fill()

    @on(Input.Submitted, "#filter")
    def _found(self, event: Input.Submitted) -> None:
        event.stop()
        self.runs.focus()

    def action_search(self) -> None:
        self.set_focus(self.query_one("#filter"))

    def action_compare(self) -> None:
        this = self._generation
        self._compared_with = this.number if this is not None and self._compared_with is None else None
        self._show_selected()

    def remembered(self, answer: messages.Remembered) -> None:
        self._runs, self._generations = answer.runs, answer.generations
        self._fill()

    def action_open(self) -> None:
        run = self._run
        if run is not None and self.runs.has_focus:
            self.post_message(OpenPast(run.id))

    def action_replay(self) -> None:
        run = self._run
        if run is not None and self.runs.has_focus:
            self.post_message(ReplayPast(run.id))

    @on(Table.RowSelected, "#run-table")
    def _selected(self, _event: object) -> None:
        self.action_open()

    @on(events.DescendantFocus)
    def _focused(self) -> None:
        self.refresh_bindings()

    @on(Table.RowHighlighted, "#run-table")
    def _about(self, _event: object = None) -> None:
        run = self._run
        rows = [row(_("run"), run.id), row(state_word(run.state), outcome(run))] if run else []
        if not self._shown:
            nothing = (
                _("No run failed; f shows all.")
                if self._failed and self._runs
                else _("No run is kept here yet; 1 goes to the plan.")
            )
            rows = [row("", nothing, "$foreground-muted")]
        self.refresh_bindings()
        self.query_one("#run-about", Sheet).put(rows)

    @on(Table.RowHighlighted, "#generation-table")
    def _show_selected(self, _event: object = None) -> None:
        rows = change_rows(self._generation, self._generations, self._compared_with)
        self.query_one("#changes", Sheet).put(rows)
        self.refresh_bindings()

    def action_failed(self) -> None:
        self._failed = not self._failed
        self._fill()

    def action_roll_back(self) -> None:
        generation = self._generation
        if generation is not None and not generation.current:
            self.post_message(RollBack(generation.number))

    def action_delete(self) -> None:
        run, generation = self._run, self._generation
        if self.runs.has_focus and run is not None:
            self.post_message(DeleteRun(run.id))
        elif self.generations.has_focus and generation is not None and not generation.current:
            self.post_message(DeleteGeneration(generation.number))

    def action_incidents(self) -> None:
        self.post_message(OpenIncidents())

    def action_leave(self) -> None:
        if self.query_one("#filter").has_focus:
            self.runs.focus()
        else:
            self.post_message(Go("deploy"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "roll_back":
            return self._generation is not None and not self._generation.current
        if action in ("open", "replay"):
            return self._run is not None and self.runs.has_focus
        if action == "delete":
            return self._deletable
        return super().check_action(action, parameters)

    @property
    def _deletable(self) -> bool:
        if not self.composed:
            return False
        generation = self._generation
        in_table = generation is not None and not generation.current
        return (self.runs.has_focus and self._run is not None) or (self.generations.has_focus and in_table)

    @property
    def _shown(self) -> list[RunSummary]:
        wanted = [run for run in self._runs if run.state == RunState.FAILED or not self._failed]
        words = self.query_one("#filter", Input).value.lower().split() if self.composed else []
        return [run for run in wanted if all(word in searched(run) for word in words)]

    @property
    def _run(self) -> RunSummary | None:
        shown = self._shown
        return shown[self.runs.cursor_row] if self.composed and 0 <= self.runs.cursor_row < len(shown) else None

    @property
    def _generation(self) -> GenerationSummary | None:
        at = self.generations.cursor_row if self.composed else -1
        return self._generations[at] if 0 <= at < len(self._generations) else None

    def _fill(self) -> None:
        """The cursors stay on what they are on: this comes while it is shown, and after each dialog."""
        shown = {run.id: run_cells(run, self._outcome_room) for run in self._shown}
        generations = {
            str(each.number): generation_cells(each, self._sizes.get(each.number)) for each in self._generations
        }
        self.runs.fill(shown)
        self.generations.fill(generations)
        title = self.query_one(TitleBar)
        runs = ngettext("{count} run", "{count} runs", len(self._runs)).format(count=len(self._runs))
        kept = len(self._generations)
        words = f"{runs}  ·  {ngettext('{count} generation', '{count} generations', kept).format(count=kept)}"
        words += f"  ·  {size(sum(self._sizes.values()))}" if self._sizes else ""
        title.status = Content.styled(words, "$foreground-muted")
        self._show_selected()
        self._about()
