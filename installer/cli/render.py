"""A plan as text for a person: verdict first, then what stands against it, then what would be done.

Shows what the plan holds and works out nothing itself; without a painter there is no colour in it.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace

from installer.cli import streams
from installer.core.outcomes import Severity, StageStatus, Verdict
from installer.core.plans import sentences
from installer.core.plans.plan import Finding, Plan, PlannedStage
from installer.core.plans.repair import Repair
from installer.core.text.plain import clean
from installer.core.text.quantities import duration, size

Painter = Callable[[str, str], str]
"""Puts a text into a colour of `talk.paint`."""

_COLOURS = {Verdict.WORKS: "green", Verdict.FAILS: "red", Verdict.UNKNOWN: "yellow"}
_MARKS = {
    Severity.BLOCKER: (Verdict.FAILS, "red"),
    Severity.PROBE: ("unknown", "yellow"),
    "warning": ("warning", "yellow"),
    "info": ("note", "dim"),
}
_COLUMN = 9
"""Width of the labels on the left."""
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
            yield from self._stage(replace(stage, reason="see above") if stage.finding else stage)
        yield ""
        yield from self._sums(plan)

    def _head(self, plan: Plan) -> Iterator[str]:
        for line in self._wrap(f"{sentences.verdict(plan)}: {sentences.about(plan)}.", 0):
            yield self._paint(line, _COLOURS[plan.verdict])
        if plan.because:
            yield from self._wrap(f"The recipe was chosen because {plan.because}.", 0)
        if plan.profile_because:
            yield from self._wrap(f"The profile was chosen because {plan.profile_because}.", 0)
        if plan.repair:
            label = "answer" if plan.repair.kind != "none" else "no answer"
            yield from self._labelled(label, "green" if plan.repair.kind != "none" else "red", plan.repair.sentence)
            # Never wrapped, so that it can be pasted behind the command.
            options = sentences.options(plan.repair)
            for number, option in enumerate(options):
                more = " \\" if number + 1 < len(options) else ""
                yield f"{'add' if number == 0 else '':{_COLUMN}}{option}{more}"

    def _finding(self, finding: Finding, names: tuple[str, ...], repair: Repair | None) -> Iterator[str]:
        """What would go wrong; the facts that clash; the fix, unless it is the answer that stands above."""
        word, colour = _MARKS[finding.severity]
        where = f"[{finding.code}, {sentences.place(finding, names)}]"
        yield from self._labelled(word, colour, f"{finding.summary} {where}")
        if clash := sentences.clash(finding):
            yield from self._labelled("", colour, self._cut(clash))
        if fix := sentences.fix(finding, repair):
            yield from self._labelled("fix", "cyan", fix)

    def _cut(self, text: str) -> str:
        """`text` as far as it is read at a glance."""
        return textwrap.shorten(clean(text), (self._width - _COLUMN) * _LINES - _COLUMN, placeholder=" …")

    def _not_followed(self, plan: Plan) -> Iterator[str]:
        count = len(plan.not_followed)
        many = "1 piece" if count == 1 else f"{count} pieces"
        yield from self._wrap(f"Not followed, so not judged: {many} of the script.", 0)
        for piece in plan.not_followed:
            text = textwrap.shorten(piece.text, self._width // 2, placeholder=" …")
            yield from self._labelled(f"line {piece.line}", "dim", f"{text}: {piece.why}")

    def _stage(self, stage: PlannedStage) -> Iterator[str]:
        words = stage.reason or "; ".join(change.summary for change in stage.changes)
        fetch = sum(change.bytes for change in stage.changes)
        more = f" ({size(fetch)})" if fetch else ""
        head = f"{stage.number:>2} {stage.name:<12} {stage.status:<10}"
        yield from self._wrap(f"{head}{words}{more}", len(head))

    def _sums(self, plan: Plan) -> Iterator[str]:
        from installer.knowledge.wheel_sizes import expected_download

        yield from self._labelled("to do", "bold", f"{sentences.to_do(plan, expected_download(plan))}.")
        if told := sentences.memory(plan.memory):
            yield from self._labelled("memory", "bold", f"{told}.")
        for sentence in plan.memory.assumed if plan.memory and told else ():
            yield from self._labelled("", "dim", sentence)
        yield from self._labelled("", "dim", f"Worked out in {duration(plan.seconds)}, as of {plan.as_of}.")

    def _labelled(self, label: str, colour: str, text: str) -> Iterator[str]:
        """`text` in a column of its own, with a label before its first line."""
        lines = self._wrap(text, 0, self._width - _COLUMN)
        for number, line in enumerate(lines):
            head = label if number == 0 else ""
            space = " " * max(1, _COLUMN - len(head))
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
