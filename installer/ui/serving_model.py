"""What the screen knows of the server on it: a minute of figures, and a conversation. Values in, rows out."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from installer.core.text.languages import _, ngettext
from installer.ui.plain import plain_content
from installer.ui.widgets.sheet import GAP, Row, row
from installer.ui.widgets.spark import spark

if TYPE_CHECKING:
    from installer.core.contracts.figures import Piece, ServingFigures

MINUTE = 13
"""Requests to the engine that span one, the last after as many pauses as there are (`controllers.serving.COUNT_S`)."""
WIDTH = MINUTE
QUESTIONS = {
    "structured": "Which city is the capital of Portugal, and in which country does it lie?",
    "tool": "What is the weather in Lisbon?",
}
"""What a server is asked in these forms."""


def tried_rows(answers: Mapping[str, str]) -> list[Row]:
    """What was asked in each form, and what was answered."""
    rows, names = [], {"structured": "JSON", "tool": _("tool")}
    for what, question in QUESTIONS.items():
        rows += [row(_("asked"), question), row(names[what], answers.get(what, _("not tried yet")), "bold"), GAP]
    return [*rows, row("", _("j requests JSON that follows a schema, T a tool call."), "$foreground-muted")]


NO_SERVER = _("No server is ready; 1 shows the plan or the run.")


class Charts:
    """The last minute of what the engine counts."""

    def __init__(self) -> None:
        self._kept: deque[ServingFigures] = deque(maxlen=MINUTE)
        self.silent = False
        """The engine was asked and does not say."""

    def take(self, figures: ServingFigures | None) -> None:
        self.silent = figures is None
        if figures is not None:
            self._kept.append(figures)

    def rows(self, *, ready: bool) -> list[Row]:
        if not self._kept:
            silent = _("The engine reports no metrics (its /metrics page is off).")
            words = (
                _("It reports metrics once it is ready.")
                if not ready
                else silent
                if self.silent
                else _("Waiting for figures …")
            )
            return [row("", words, "$foreground-muted")]
        pairs = list(zip([None, *self._kept], self._kept, strict=False))
        speeds = [now.tokens_per_second(before) for before, now in pairs]
        firsts = [now.first_token_ms(before) for before, now in pairs]
        newest = self._kept[-1]
        return [
            chart(_("requests"), [each.running for each in self._kept], number(newest.running)),
            chart(_("waiting"), [each.waiting for each in self._kept], number(newest.waiting)),
            chart(_("tokens/s"), speeds, number(speeds[-1])),
            chart(_("first token"), firsts, number(firsts[-1], " ms")),
            chart(_("KV cache"), [each.cache for each in self._kept], _share(newest.cache), 1.0),
        ]


@dataclass
class Turn:
    """Something that was said."""

    who: str
    """"you" or "model"."""
    text: str
    about: str = ""
    """How fast it came."""


class Conversation:
    """A chat so far."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.answering = False

    def ask(self, words: str) -> Sequence[Mapping[str, str]]:
        """Add what a person says; all messages for the server."""
        self.turns.append(Turn("you", words))
        self.turns.append(Turn("model", ""))
        self.answering = True
        roles = {"you": "user", "model": "assistant"}
        return [{"role": roles[turn.who], "content": turn.text} for turn in self.turns[:-1]]

    def take(self, piece: Piece) -> None:
        if not self.answering:
            return
        turn = self.turns[-1]
        turn.text += piece.text
        speed = (
            _(" · {tokens_per_second:,.0f} tokens/s").format(tokens_per_second=piece.tokens_per_second)
            if piece.tokens_per_second
            else ""
        )
        first = _(" · first {first_ms:,.0f} ms").format(first_ms=piece.first_ms) if piece.first_ms is not None else ""
        about = ngettext("{tokens} token{first}{speed}", "{tokens} tokens{first}{speed}", piece.tokens)
        turn.about = about.format(tokens=piece.tokens, first=first, speed=speed)
        self.answering = not piece.done

    def rows(self, *, ready: bool = True) -> list[Row]:
        """What was said; nothing yet: what to do, which depends on whether the server is `ready`."""
        if not self.turns:
            return [row("", _("Type a message; enter sends it.") if ready else NO_SERVER, "$foreground-muted")]
        rows: list[Row] = []
        names = {"you": _("you"), "model": _("model")}
        for turn in self.turns:
            style = "bold $text-primary" if turn.who == "you" else "bold $text-success"
            lines = turn.text.splitlines() or ["…" if self.answering and turn is self.turns[-1] else ""]
            rows.append(Row(Content.styled(names[turn.who], style), plain_content(lines[0])))
            rows += [Row(Content(), plain_content(line)) for line in lines[1:]]
            if turn.about:
                rows.append(Row(Content(), plain_content(turn.about, "$foreground-muted")))
        return rows


def chart(name: str, values: Sequence[float | None], now: str, most: float | None = None) -> Row:
    bars = Content.styled(spark(values, WIDTH, most), "$text-primary")
    return Row(Content.styled(name, "$foreground-muted"), bars + Content(f"  {now}"))


def number(value: float | None, unit: str = "") -> str:
    return "–" if value is None else f"{value:,.0f}{unit}"


def _share(value: float | None) -> str:
    return number(None if value is None else 100 * value, " %")
