"""The recipes as a table, each with its verdict for this machine, and the settings of the selected one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input

from installer.core.text.languages import _, translated
from installer.ui.choice_rows import COLUMNS, about_rows, cells, order, shown, widths
from installer.ui.intents import Back, CheckSettings, NameModel, Plan
from installer.ui.screens.base import HELP, WIDE, DeployScreen
from installer.ui.widgets.key_line import KeyLine
from installer.ui.widgets.settings_form import EXPLAINED, SettingsForm
from installer.ui.widgets.sheet import Sheet, row
from installer.ui.widgets.table import Table
from installer.ui.widgets.title import TitleBar
from installer.ui.widgets.typed_line import TypedLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from installer.core.recipes.recipe import Recipe
    from installer.ui.board import Board
    from installer.ui.messages import Planned, SettingsChecked


NONE_LEFT = _("No recipe matches: / changes the search, v also shows those that do not work, m plans any model.")


class ChooseScreen(DeployScreen):
    """Verdicts arrive while one reads."""

    MORE = ("sort", "read")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "plan", _("plan"), key_display="enter", tooltip=_("plan this recipe with these settings")),
        Binding("slash", "search", _("search"), key_display="/", priority=True),
        Binding("v", "works", _("works"), tooltip=_("only what works")),
        Binding("s", "sort", _("sort"), show=False, tooltip=_("sort by the next column")),
        Binding("space", "read", _("read on"), show=False, tooltip=_("scroll what is known of the recipe")),
        Binding("m", "name", _("model"), tooltip=_("any model by its name")),
        Binding("tab", "app.focus_next", _("settings")),
        *HELP,
        Binding("escape,q,r", "close", _("back"), key_display="esc"),
    ]
    ABOUT = _(
        "Each recipe is checked for this machine in the background; nothing is downloaded for that. The one that would "
        "be chosen automatically is starred."
    )

    PARTS: ClassVar[Mapping[str, str]] = {
        "filter": _(
            "Words of a name, an engine or a model: only recipes with all of them are shown. enter or esc ends it."
        ),
        "recipe-table": _(
            "One line per recipe. Arrows select one, enter plans it; a click selects, a second one plans."
        ),
        **EXPLAINED,
    }

    def __init__(self, board: Board, recipes: Sequence[Recipe], current: str, so_far: Sequence[str] = ()) -> None:
        """`so_far`: the settings of the last plan, which the form begins with."""
        super().__init__(board)
        self._so_far = so_far
        self._recipes = {recipe.name: recipe for recipe in recipes}
        self._current = current
        self._only_works = False
        self._sorted = 0
        self._widths: tuple[int, ...] = ()
        self._places: dict[str, int] = {}
        """Of the recipes in the table. They stay there while verdicts arrive: nothing moves under a hand."""

    def compose(self) -> ComposeResult:
        yield TitleBar()
        with Horizontal(id="choose"):
            with Vertical(id="recipes", classes="panel"):
                yield TypedLine(placeholder=_("search  (name, engine, model)"), id="filter", compact=True)
                yield Table(cursor_type="row", zebra_stripes=False, cell_padding=0, id="recipe-table")
            with VerticalScroll(id="about", classes="panel", can_focus=False):
                with VerticalScroll(id="about-text", can_focus=False):
                    yield Sheet(id="about-rows", column=9)
                yield SettingsForm(self._so_far)
        yield KeyLine()

    def begin(self) -> None:
        self._fill(self._current)
        self.query_one("#about").border_title = _("recipe")
        self.table.focus()

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    @property
    def selected(self) -> Recipe | None:
        if not self.table.row_count:
            return None
        key = self.table.coordinate_to_cell_key(self.table.cursor_coordinate).row_key.value
        return self._recipes.get(key or "")

    def assessed(self, name: str) -> None:
        recipe = self.selected
        self._fill(recipe.name if recipe else name, sort=not self._unchecked)

    def planned(self, answer: Planned) -> None:
        """Only now it is known which one is chosen automatically, where a plan was not made before this was opened."""
        recipe = self.selected
        at_first = not self._current
        self._current = answer.plan.recipe
        self._fill(self._current if at_first or recipe is None else recipe.name)

    @on(Table.RowHighlighted)
    def _show_selected(self, _: object = None) -> None:
        recipe = self.selected
        if recipe is None:
            self.query_one("#about-rows", Sheet).put([row("", NONE_LEFT, "bold")])
        else:
            star = recipe.name == self._current
            self.query_one("#about-rows", Sheet).put(about_rows(recipe, self.board.verdicts.get(recipe.name), star))
            self.query_one(SettingsForm).show(recipe)

    @on(SettingsForm.Edited)
    def _edited(self) -> None:
        recipe, form = self.selected, self.query_one(SettingsForm)
        if recipe is not None and form.settings:
            self.post_message(CheckSettings(recipe.name, form.settings))

    def settings_checked(self, checked: SettingsChecked) -> None:
        """Unless something else was typed since then."""
        recipe, form = self.selected, self.query_one(SettingsForm)
        if recipe is not None and form.valid and (checked.recipe, checked.settings) == (recipe.name, form.settings):
            form.complain(translated(checked.why), checked.blockers, checked.flag)

    @on(Table.HeaderSelected)
    def _sort_by(self, event: Table.HeaderSelected) -> None:
        self._sorted = event.column_index
        self._sort()

    @on(Table.RowSelected)
    def _selected(self, _: object = None) -> None:
        self.action_plan()

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        event.stop()
        self._fill("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "filter":
            self.table.focus()
        else:
            self.action_plan()

    def action_plan(self) -> None:
        recipe, form = self.selected, self.query_one(SettingsForm)
        if recipe is None or not form.valid:
            self.app.bell()
            return
        self.post_message(Back())
        self.post_message(Plan(recipe.name, form.profile, form.settings, anew=True))

    def action_search(self) -> None:
        self.set_focus(self.query_one("#filter"))  # at once, so that the next key is its own

    def action_read(self) -> None:
        """A page on in what is said of the recipe, from its end to its beginning."""
        parts = self.query_one("#about-text"), self.query_one("#about")
        part = next((part for part in parts if part.max_scroll_y), None)
        if part is not None:
            page = part.scroll_offset.y + part.scrollable_content_region.height
            part.scroll_to(y=0 if part.scroll_offset.y >= part.max_scroll_y else page, animate=False)

    def action_name(self) -> None:
        self.post_message(NameModel())

    def action_works(self) -> None:
        self._only_works = not self._only_works
        self._fill("")

    def action_sort(self) -> None:
        self._sorted = (self._sorted + 1) % len(COLUMNS)
        self._sort()

    def _sort(self) -> None:
        recipe = self.selected
        self._fill(recipe.name if recipe else "")

    def action_close(self) -> None:
        if self.query_one("#filter").has_focus:
            self.table.focus()
        else:
            self.post_message(Back())

    def resized(self) -> None:
        recipe = self.selected
        keep = recipe.name if recipe else ""
        self.call_after_refresh(self._fill, keep, sort=False)  # once the table has its own size
        if isinstance(self.focused, Input):
            self.call_after_refresh(self.focused.scroll_visible, animate=False)

    @property
    def _unchecked(self) -> int:
        return sum(name not in self.board.verdicts for name in self._recipes)

    def _fill(self, keep: str, *, sort: bool = True) -> None:
        """Put in the rows that are wanted; the cursor stays on `keep`."""
        verdicts, words = self.board.verdicts, self.query_one("#filter", Input).value
        wanted = [r for r in self._recipes.values() if shown(r, verdicts.get(r.name), words, self._only_works)]
        if sort:
            by = {name: order(r, verdicts.get(name), self._current, self._sorted) for name, r in self._recipes.items()}
            self._places = {name: place for place, name in enumerate(sorted(by, key=by.__getitem__))}
        wanted.sort(key=lambda recipe: self._places[recipe.name])
        table, room = self.table, widths(self.table.size.width, self._recipes)
        table.clear(columns=room != self._widths)
        if room != self._widths:
            self._widths = room
            for column, width in zip(COLUMNS, room, strict=True):
                table.add_column(column, width=width)
        wide = self.app.size.width >= WIDE
        for recipe in wanted:
            star = recipe.name == self._current
            table.add_row(*cells(recipe, verdicts.get(recipe.name), star, wide=wide, widths=room), key=recipe.name)
        names = [recipe.name for recipe in wanted]
        table.move_cursor(row=names.index(keep) if keep in names else 0)
        frame = self.query_one("#recipes")
        words = _("recipes  {wanted} of {recipes}, only what works")
        words = words if self._only_works else _("recipes  {wanted} of {recipes}")
        frame.border_title = words.format(wanted=len(wanted), recipes=len(self._recipes))
        frame.border_subtitle = _("sorted by {column}; s changes that").format(
            column=COLUMNS[self._sorted] or _("recommendation")
        )
        self._show_selected()
        open_ones = self._unchecked
        title = self.query_one(TitleBar)
        title.about = _("recipes")
        title.status = Content.styled(
            _("checking {open_ones} more").format(open_ones=open_ones) if open_ones else _("all checked"),
            "$foreground-muted",
        )
