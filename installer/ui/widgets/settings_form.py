"""Profile, port and any other setting of a recipe, checked as one types. Asks nobody; explains each."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.validation import ValidationResult, Validator
from textual.widgets import Input, Label, Select, Static

from installer.core.errors import UsageError
from installer.core.recipes.settings import settings
from installer.core.text.languages import _, translated
from installer.core.text.numbers import is_whole
from installer.ui.plain import plain

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from installer.core.recipes.recipe import Recipe

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


class SettingsForm(Vertical):
    """What is to be other than the recipe says; empty fields change nothing."""

    DEFAULT_CSS = """
    SettingsForm { height: auto; margin: 1 0 0 0; }
    SettingsForm Input, SettingsForm Select { margin: 0; }
    SettingsForm .explained { color: $foreground-muted; height: auto; margin: 1 0 0 0; }
    SettingsForm .-invalid { border: tall $error; }
    """

    def compose(self) -> ComposeResult:
        yield Label(_("profile"))
        yield Select[str]([], prompt=_("the one that fits"), id="profile", compact=True)
        yield Label(_("port"))
        yield Input(id="port", validators=[Port()], compact=True, max_length=5)
        yield Label(_("settings"))
        yield Input(id="settings", validators=[Settings()], compact=True, placeholder=_("key=value …"))
        yield Static("", classes="explained", markup=False)

    def show(self, recipe: Recipe) -> None:
        """The fields of another recipe."""
        choices = [(plain(f"{one.name}  {translated(one.description)}"), one.name) for one in recipe.profiles]
        self.query_one("#profile", Select).set_options(choices)
        self.query_one("#port", Input).placeholder = str(recipe.server.port)

    @property
    def profile(self) -> str | None:
        chosen = self.query_one("#profile", Select).value
        return chosen if isinstance(chosen, str) else None

    @property
    def settings(self) -> tuple[str, ...]:
        port = self.query_one("#port", Input).value
        others = shlex.split(self.query_one("#settings", Input).value)
        return (*((f"server.port={port}",) if port else ()), *others)

    @property
    def valid(self) -> bool:
        fields = (self.query_one("#port", Input), self.query_one("#settings", Input))
        return all((result := field.validate(field.value)) is None or result.is_valid for field in fields)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        failed = event.validation_result is not None and not event.validation_result.is_valid
        problems = event.validation_result.failure_descriptions if failed and event.validation_result else []
        self._say(problems[0] if problems else EXPLAINED.get(event.input.id or "", ""))

    def on_descendant_focus(self) -> None:
        focused = self.screen.focused
        self._say(EXPLAINED.get(focused.id or "", "") if focused else "")

    def _say(self, words: str) -> None:
        self.query_one(".explained", Static).update(plain(words))
