"""A plan as text for a person: verdict first, then what prevents it, then what would be done.

Shows the plan and calculates nothing itself; without a painter there is no colour in it. In the language that
is spoken: what is fixed here by `_`, what the plan says by `told`.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace

from installer.cli import streams
from installer.core.outcomes import RepairKind, Severity, StageStatus, Verdict
from installer.core.plans import sentences
from installer.core.plans.plan import Finding, Plan, PlannedStage
from installer.core.plans.repair import Repair
from installer.core.plans.script_line import file_of
from installer.core.text.languages import _, ngettext, translated
from installer.core.text.plain import clean
from installer.core.text.quantities import duration, size
from installer.core.text.state_words import state_word

Painter = Callable[[str, str], str]
"""Puts a text into a colour of `talk.paint`."""

_COLOURS = {Verdict.WORKS: "green", Verdict.FAILS: "red", Verdict.UNKNOWN: "yellow"}
_PAINTS = {Severity.BLOCKER: "red", Severity.PROBE: "yellow", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_PLANNED = (
    StageStatus.PENDING, StageStatus.SATISFIED, StageStatus.SKIPPED, StageStatus.BLOCKED, StageStatus.UNKNOWN,
)  # fmt: skip
_COLUMN = 9
"""Least width of the labels on the left."""
_WIDEST, _NARROWEST = 120, 40
_LINES = 4
"""Of the facts of one finding; `--json` has the rest."""


def plan_lines(plan: Plan) -> list[str]:
    """The lines of `deploy-tui plan` and `audit`, as wide as the terminal, or 80 columns where there is none."""
    width = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80
    return report_lines(plan, width, paint=lambda text, colour: streams.paint(text, colour, error=False))


def report_lines(plan: Plan, width: int = 80, *, paint: Painter = lambda text, _: text) -> list[str]:
    """A plan, or the audit of a script, wrapped to `width` columns."""
    page = _Page(max(_NARROWEST, min(width, _WIDEST)), paint)
    return [line.rstrip() for line in page.lines(plan)]


class _Page:
    """One width and one way to colour."""

    def __init__(self, width: int, paint: Painter) -> None:
        self._width = width
        self._paint = paint
        self._marks = {
            Severity.BLOCKER: _("fails"), Severity.PROBE: _("unknown"), Severity.WARNING: _("warning"),
            Severity.INFO: _("note"),
        }  # fmt: skip
        self._state = max(10, *(len(state_word(status)) + 1 for status in _PLANNED))
        labels = (*self._marks.values(), _("answer"), _("fix"), _("to do"), _("memory"), _("add"))
        self._column = max(_COLUMN, *(len(label) + 1 for label in labels))

    def lines(self, plan: Plan) -> Iterator[str]:
        yield from self._head(plan)
        names = tuple(stage.name for stage in plan.stages)
        for finding in sentences.in_order(plan.findings):
            yield ""
            yield from self._finding(finding, names, plan.repair)
        if plan.not_followed:
            yield ""
            yield from self._not_followed(plan)
        stages = [stage for stage in plan.stages if not plan.script or stage.status != StageStatus.SKIPPED]
        yield from [""] if stages else []
        for stage in stages:
            yield from self._stage(replace(stage, reason=_("see above")) if stage.finding else stage)
        yield ""
        yield from self._sums(plan)

    def _head(self, plan: Plan) -> Iterator[str]:
        for line in self._wrap(f"{sentences.verdict(plan)}: {sentences.about(plan)}.", 0):
            yield self._paint(line, _COLOURS[plan.verdict])
        if plan.because:
            why = _("The recipe was chosen because {because}.").format(because=translated(plan.because))
            yield from self._wrap(why, 0)
        if plan.profile_because:
            why = _("The profile was chosen because {because}.").format(because=translated(plan.profile_because))
            yield from self._wrap(why, 0)
        if plan.repair:
            label, colour = (_("answer"), "green") if plan.repair.kind != RepairKind.NONE else (_("no answer"), "red")
            yield from self._labelled(label, colour, sentences.answer(plan.repair))
            # Never wrapped, so that it can be pasted behind the command.
            options = sentences.options(plan.repair)
            for number, option in enumerate(options):
                more = " \\" if number + 1 < len(options) else ""
                yield f"{_('add') if number == 0 else '':{self._column}}{option}{more}"

    def _finding(self, finding: Finding, names: tuple[str, ...], repair: Repair | None) -> Iterator[str]:
        """What would go wrong; the facts that clash; the fix, unless it is the answer above."""
        colour = _PAINTS[finding.severity]
        where = f"[{finding.code}, {sentences.place(finding, names)}]"
        yield from self._labelled(self._marks[finding.severity], colour, f"{sentences.summary(finding)} {where}")
        if clash := sentences.clash(finding):
            yield from self._labelled("", colour, self._cut(clash))
        if fix := sentences.fix(finding, repair):
            yield from self._labelled(_("fix"), "cyan", fix)

    def _cut(self, text: str) -> str:
        """`text` as far as it is read at a glance."""
        return textwrap.shorten(clean(text), (self._width - self._column) * _LINES - self._column, placeholder=" …")

    def _not_followed(self, plan: Plan) -> Iterator[str]:
        count = len(plan.not_followed)
        sentence = ngettext(
            "Not followed, so not checked: {count} piece of the script.",
            "Not followed, so not checked: {count} pieces of the script.", count,
        )  # fmt: skip
        yield from self._wrap(sentence.format(count=count), 0)
        for piece in plan.not_followed:
            text = textwrap.shorten(piece.text, self._width // 2, placeholder=" …")
            line, where = _("line {line}").format(line=int(piece.line)), file_of(piece.line)
            more = f"{piece.line}: " if where else ""
            yield from self._labelled(line, "dim", f"{more}{text}: {translated(piece.why)}")

    def _stage(self, stage: PlannedStage) -> Iterator[str]:
        words = translated(stage.reason) or "; ".join(translated(change.summary) for change in stage.changes)
        fetch = sum(change.bytes for change in stage.changes)
        more = f" ({size(fetch)})" if fetch else ""
        head = f"{stage.number:>2} {stage.name:<12} {state_word(stage.status):<{self._state}}"
        yield from self._wrap(f"{head}{words}{more}", len(head))

    def _sums(self, plan: Plan) -> Iterator[str]:
        from installer.knowledge.wheel_sizes import expected_download

        yield from self._labelled(_("to do"), "bold", f"{sentences.to_do(plan, expected_download(plan))}.")
        if memory := sentences.memory(plan.memory):
            yield from self._labelled(_("memory"), "bold", f"{memory}.")
        for sentence in plan.memory.assumed if plan.memory and memory else ():
            yield from self._labelled("", "dim", translated(sentence))
        took = _("Calculated in {duration}, as of {day}.")
        yield from self._labelled("", "dim", took.format(duration=duration(plan.seconds), day=plan.as_of))

    def _labelled(self, label: str, colour: str, text: str) -> Iterator[str]:
        """`text` in a column of its own, with a label before its first line."""
        lines = self._wrap(text, 0, self._width - self._column)
        for number, line in enumerate(lines):
            head = label if number == 0 else ""
            space = " " * max(1, self._column - len(head))
            yield (self._paint(head, colour) if head else "") + space + line

    def _wrap(self, text: str, indent: int, width: int | None = None) -> list[str]:
        """Whole words only: a command or an address is never cut."""
        shown = " ".join(clean(text).split()) if not indent else clean(text)
        wrapped = textwrap.wrap(
            shown,
            width or self._width,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return wrapped or [""]
