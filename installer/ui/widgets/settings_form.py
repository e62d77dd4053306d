"""Profile, port and any other setting of a recipe, checked as one types, each explained. No I/O."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Grid
from textual.message import Message
from textual.validation import ValidationResult, Validator
from textual.widgets import Input, Label, Select, Static

from installer.core.errors import UsageError
from installer.core.recipes.settings import settings
from installer.core.text.languages import _, translated
from installer.core.text.numbers import is_whole
from installer.ui.plain import plain
from installer.ui.widgets.typed_line import TypedLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from installer.core.plans.plan import Finding
    from installer.core.recipes.recipe import Recipe
    from installer.knowledge.parameters import Parameter

PORT = "server.port"
EXPLAINED = {
    "profile": _("A set of flags for an aim or a size of GPU. None chosen: the one that fits this GPU."),
    "port": _("Where clients reach the server. The plan checks whether it is free."),
    "settings": _("Any value of the recipe, as with --set: server.flags.--max-model-len=32768"),
}


class Port(Validator):
    def validate(self, value: str) -> ValidationResult:
        ok = not value or (value.isascii() and is_whole(value) and 0 < int(value) < 65536)
        return self.success() if ok else self.failure(_("A port is a number from 1 to 65535."))


class Settings(Validator):
    def validate(self, value: str) -> ValidationResult:
        try:
            settings(shlex.split(value))
        except UsageError as error:
            return self.failure(translated(error.why or error.what))
        except ValueError:
            return self.failure(_("A quotation mark is not closed."))
        return self.success()


class Field(TypedLine):
    """Enter plans, wherever one types."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", _("plan"), key_display="enter")]


class SettingsForm(Grid):
    """All that is to be other than the recipe says; empty fields change nothing."""

    DEFAULT_CSS = """
    SettingsForm {
        height: auto; margin: 1 0 0 0; grid-size: 2; grid-columns: auto 1fr; grid-rows: 1 1 1 auto; grid-gutter: 0 2;
    }
    SettingsForm Label { color: $foreground-muted; }
    SettingsForm .explained { color: $foreground-muted; height: auto; margin: 1 0 0 0; column-span: 2; }
    SettingsForm .explained.-wrong { color: $text-error; }
    """

    class Edited(Message):
        """Something else is to be set, or of another recipe; as far as the form can tell it is valid."""

    def __init__(self, so_far: Sequence[str] = ()) -> None:
        """`so_far`: the settings of the last plan; the last word on each counts."""
        super().__init__()
        latest = {setting.partition("=")[0]: setting for setting in so_far}
        self._port = latest.pop(PORT, "").partition("=")[2]
        self._others = shlex.join(latest.values())
        self._complaint, self._predicted = "", ""
        self._flag: Parameter | None = None
        self._recipe: Recipe | None = None

    def compose(self) -> ComposeResult:
        yield Label(_("profile"))
        yield Select[str]([], prompt=_("the one that fits"), id="profile", compact=True)
        yield Label(_("port"))
        yield Field(self._port, id="port", validators=[Port()], compact=True, max_length=5)
        yield Label(_("settings"))
        yield Field(
            self._others,
            id="settings",
            validators=[Settings()],
            compact=True,
            placeholder=_("key=value …"),
            select_on_focus=False,  # what is typed comes on top of what is set already
        )
        yield Static("", classes="explained", markup=False)

    def show(self, recipe: Recipe) -> None:
        """The fields of another recipe; of the same one, what was chosen stays."""
        if recipe is self._recipe:
            return
        self._recipe = recipe
        choices = [(plain(f"{one.name}  {translated(one.description)}"), one.name) for one in recipe.profiles]
        self.query_one("#profile", Select).set_options(choices)
        self.query_one("#port", Input).placeholder = str(recipe.server.port)
        self._edited()

    def complain(self, why: str, blockers: Sequence[Finding] = (), flag: Parameter | None = None) -> None:
        """What the recipe says to the settings (empty: nothing against them), what a plan with them would say, and what
        the flag means that was typed last.

        A plan that would fail can be made all the same: it has the repair.
        """
        self._complaint, self._flag = why, flag
        self._predicted = "\n".join(f"{translated(one.summary)} {translated(one.fix)}" for one in blockers)
        if why:
            self._say(why, wrong=True)
        elif not self._typed_wrong:
            self._explain()

    @property
    def profile(self) -> str | None:
        chosen = self.query_one("#profile", Select).value
        return chosen if isinstance(chosen, str) else None

    @property
    def settings(self) -> tuple[str, ...]:
        port = self.query_one("#port", Input).value
        others = shlex.split(self.query_one("#settings", Input).value)
        return (*((f"{PORT}={port}",) if port else ()), *others)

    @property
    def valid(self) -> bool:
        return not self._typed_wrong and not self._complaint

    @property
    def _typed_wrong(self) -> str:
        """What is wrong with the fields by themselves."""
        for field in self.query(Field):
            result = field.validate(field.value)
            if result is not None and not result.is_valid:
                return result.failure_descriptions[0]
        return ""

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._edited()

    @on(Select.Changed)
    def _profile_changed(self, event: Select.Changed) -> None:
        event.stop()
        self._explain()

    def _edited(self) -> None:
        self._complaint, self._predicted, self._flag = "", "", None
        if wrong := self._typed_wrong:
            self._say(wrong, wrong=True)
        else:
            self._explain()
            self.post_message(self.Edited())

    def on_descendant_focus(self) -> None:
        if self.valid:
            self._explain()

    def _explain(self) -> None:
        if self._predicted:
            self._say(self._predicted, wrong=True)
            return
        focused = self.screen.focused
        if self._flag and self._flag.what and focused and focused.id == "settings":
            self._say(f"{self._flag.flag}: {translated(self._flag.what)} {translated(self._flag.trade_off)}")
        else:
            self._say(EXPLAINED.get(focused.id or "", "") if focused else "")

    def _say(self, words: str, *, wrong: bool = False) -> None:
        explained = self.query_one(".explained", Static)
        explained.set_class(wrong, "-wrong")
        explained.update(plain(f"✗ {words}" if wrong else words))
