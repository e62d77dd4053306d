"""Keys that come many at once are done in their order, in each line of the screen that one types in."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.events import Key
from textual.widgets import Input

from installer.ui.widgets.chat_line import ChatLine
from installer.ui.widgets.log_pane import SearchLine
from installer.ui.widgets.settings_form import Field
from installer.ui.widgets.typed_line import TypedLine


class Typing(App[None]):
    def __init__(self, line: Input) -> None:
        super().__init__()
        self._line = line
        self.sent: list[str] = []

    def compose(self) -> ComposeResult:
        yield self._line

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.sent.append(event.value)


@pytest.mark.parametrize("kind", [TypedLine, ChatLine, Field, SearchLine])
async def test_a_correction_removes_what_was_typed_before_it_and_enter_sends_no_more(kind: type[Input]) -> None:
    line = kind()
    app = Typing(line)
    async with app.run_test() as pilot:
        line.focus()
        await pilot.pause()
        for key in ["8", "0", "backspace", "backspace", "9", "1", "enter", "2"]:
            app.post_message(Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert app.sent == ["91"] and line.value == "912"
