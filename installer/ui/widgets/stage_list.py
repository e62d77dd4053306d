"""The stages of a run, a line each: symbol, number, name, state, time; running ones with what they do and a bar."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from installer.core.outcomes import StageStatus
from installer.core.runs.fold import RunView, StageView
from installer.core.text.languages import _, translated
from installer.core.text.quantities import clock, size
from installer.ui.log.line import ALL
from installer.ui.marks import mark
from installer.ui.plain import plain_content
from installer.ui.widgets.bar import bar
from installer.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events

FINISHED = (StageStatus.DONE, StageStatus.SATISFIED, StageStatus.SKIPPED, StageStatus.UNKNOWN)
ACTIVE = (StageStatus.RUNNING, StageStatus.ROLLING_BACK)


class StageList(Lines, can_focus=True):
    """Arrows choose a stage, or all of them; the choice is announced with `Chosen`."""

    DEFAULT_CSS = """
    StageList { height: auto; }
    """
    ALLOW_SELECT = False
    ABOUT = _(
        "The stages of the run. The log next to it is that of the selected stage; the first line shows all stages."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", _("stage"), key_display="↑↓", tooltip=_("choose a stage to see its own log")),
        Binding("down,j", "move(1)", show=False),
        Binding("a", "all", _("all stages"), show=False),
    ]

    @dataclass
    class Chosen(Message):
        """Another stage (or `ALL`) is selected."""

        stage: int

    view: RunView = RunView()
    now: float = 0.0
    usual: Mapping[int, float] = MappingProxyType({})
    """Seconds that each stage took before, by number."""
    chosen: reactive[int] = reactive(ALL)

    def action_move(self, step: int) -> None:
        numbers = [ALL, *(stage.number for stage in self.view.stages)]
        place = numbers.index(self.chosen) if self.chosen in numbers else 0
        self.chosen = numbers[max(0, min(len(numbers) - 1, place + step))]

    def action_all(self) -> None:
        self.chosen = ALL

    def watch_chosen(self, stage: int) -> None:
        self.post_message(self.Chosen(stage))
        top, height = self._place_of(stage)
        self.scroll_to_region_of_parent(top, height)

    def scroll_to_region_of_parent(self, top: int, height: int) -> None:
        """Bring these lines into view where the list is taller than its frame."""
        if self.is_mounted and isinstance(self.parent, Widget):
            self.parent.scroll_to_region(Region(0, top, 1, height), animate=False)

    def on_click(self, event: events.Click) -> None:
        line = 0
        for stage, block in self.blocks(self.content_size.width):
            if line <= event.y < line + len(block):
                self.chosen = stage
            line += len(block)

    def lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for stage, block in self.blocks(width):
            style = self._cursor if stage == self.chosen else ""
            lines += [line.truncate(width, ellipsis=True, pad=True).stylize_before(style) for line in block]
        return lines

    def blocks(self, width: int) -> list[tuple[int, list[Content]]]:
        """The lines of each entry, by stage."""
        return _blocks(self.view, self.now, self.usual, width)

    @property
    def _cursor(self) -> str:
        if self.app.current_theme.ansi:  # its colours cannot be mixed, so text may vanish on a background
            return "reverse"
        return "on $block-cursor-background" if self.has_focus else "on $block-cursor-blurred-background"

    def _place_of(self, wanted: int) -> tuple[int, int]:
        line = 0
        for stage, block in self.blocks(self.content_size.width or 40):
            if stage == wanted:
                return line, len(block)
            line += len(block)
        return 0, 1


def _blocks(view: RunView, now: float, usual: Mapping[int, float], width: int) -> list[tuple[int, list[Content]]]:
    return [
        (ALL, [_all_line(view, now, width)]),
        *((stage.number, _stage_block(stage, now, usual.get(stage.number), width)) for stage in view.stages),
    ]


def _all_line(view: RunView, now: float, width: int) -> Content:
    over = sum(stage.state in FINISHED for stage in view.stages)
    seconds = view.finished.seconds if view.finished else now - view.started_at if view.started_at else 0.0
    left = Content(
        _("  all stages      {over} of {stages}").format(over=over, stages=len(view.stages))
        if view.stages
        else _("  all stages")
    )
    return _ending(left, clock(seconds) if view.started_at else "", width)


def _stage_block(stage: StageView, now: float, usual: float | None, width: int) -> list[Content]:
    look = mark(stage.state)
    quiet = stage.state in (StageStatus.WAITING, StageStatus.SKIPPED)
    name = plain_content(f"{stage.number:>2} {stage.name}", "$foreground-muted" if quiet else "").truncate(16, pad=True)
    left = look.shown + Content(" ") + name + Content.styled(look.word, look.style)
    time = _time(stage, now)
    if usual and stage.state == StageStatus.RUNNING:
        of = _("{time} of {usual}").format(time=time, usual=f"~{clock(usual)}")
        time = of if left.cell_length + len(of) < width else time  # a word must not be cut for it
    elif usual and stage.state == StageStatus.WAITING:
        time = f"~{clock(usual)}"
    lines = [_ending(left, time, width)]
    if stage.state in ACTIVE:
        lines += _activity(stage, width)
    return lines


def _time(stage: StageView, now: float) -> str:
    if stage.state in ACTIVE and stage.started_at is not None:
        return clock(now - stage.started_at)
    return clock(stage.seconds) if stage.seconds >= 0.5 else ""


def _activity(stage: StageView, width: int) -> list[Content]:
    indent = Content("     ")
    lines = [indent + plain_content(translated(stage.doing), "$foreground-muted")] if stage.doing else []
    total = stage.bytes_total
    if stage.progress and total:
        words = (
            _("{done} of {whole}").format(done=size(stage.bytes_done), whole=size(total))
            if total > stage.bytes_done
            else size(total)
        )
        room = max(4, width - 5 - len(words) - 2)
        lines.append(indent + bar(stage.bytes_done / total, room) + Content.styled(f"  {words}", "$foreground-muted"))
    return lines


def _ending(left: Content, right: str, width: int) -> Content:
    """`left`, and `right` at the end of the line."""
    return left.truncate(max(1, width - len(right)), pad=True) + Content.styled(right, "$foreground-muted")
