"""The recipes to choose from. The one that is chosen is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from installer.ui.intents import Plan
from installer.ui.plain import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from installer.core.recipes.recipe import Recipe


class RecipeScreen(ModalScreen[None]):
    """One entry for each recipe: its name and engine, and its title below."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,r", "close", "close", show=False)]

    def __init__(self, recipes: Sequence[Recipe], current: str) -> None:
        super().__init__()
        self._recipes = tuple(recipes)
        self._current = current

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="recipes"):
            yield OptionList(*(self._option(recipe) for recipe in self._recipes), markup=False)
            yield Static("enter chooses and plans, esc closes", classes="explanation", markup=False)

    def on_mount(self) -> None:
        self.query_one(".dialog").border_title = "recipes"
        names = [recipe.name for recipe in self._recipes]
        self.query_one(OptionList).highlighted = names.index(self._current) if self._current in names else 0

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(None)
        self.post_message(Plan(self._recipes[event.option_index].name))

    def action_close(self) -> None:
        self.dismiss(None)

    def _option(self, recipe: Recipe) -> Option:
        chosen = Content.styled("  chosen", "$text-success") if recipe.name == self._current else Content()
        head = said(recipe.name, "bold") + Content("  ") + said(recipe.engine_name, "$foreground-muted") + chosen
        about = said(recipe.title or recipe.description, "$foreground-muted")
        return Option(head + Content("\n") + about)
