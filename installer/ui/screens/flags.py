"""The flags of the recipe's server, explained: what each is, its value and who chose it, why, and the trade-off."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from installer.core.text.languages import _, translated
from installer.core.text.state_words import flag_word
from installer.ui.plain import plain_content
from installer.ui.screens.dialog import Dialog
from installer.ui.widgets.sheet import GAP, Row, Sheet, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult

    from installer.knowledge.parameters import Parameter


class FlagScreen(Dialog[None]):
    """Scrolls with the usual keys; closes on the one that opened it, too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,f,enter", "close", _("close"), show=False)]

    def __init__(self, recipe: str, flags: Sequence[Parameter]) -> None:
        super().__init__()
        self._recipe = recipe
        self._flags = tuple(flags)

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog", id="flags"):
            yield Sheet(list(self._rows()), column=11)

    def on_mount(self) -> None:
        dialog = self.query_one("#flags")
        dialog.border_title = Content.assemble(_("flags of "), plain_content(self._recipe)).plain
        dialog.border_subtitle = _("arrows scroll, esc closes")
        dialog.focus()

    def _rows(self) -> Iterator[Row]:
        for number, flag in enumerate(self._flags):
            if number:
                yield GAP
            head = (
                plain_content(flag.flag, "bold $text-primary")
                + Content("  ")
                + plain_content(flag_word(flag.value), "bold")
            )
            yield Row(Content(), head + Content("  ") + plain_content(translated(flag.chosen_by), "$foreground-muted"))
            for label, sentence in (("", flag.what), (_("why"), flag.why), (_("trade-off"), flag.trade_off)):
                if sentence:
                    yield row(label, translated(sentence))
