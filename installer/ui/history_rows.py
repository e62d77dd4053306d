"""What the tables of runs and generations say, and what changed between two generations. Pure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.content import Content

from installer.core.runs.summary import changes
from installer.core.text.languages import _, translated
from installer.core.text.quantities import clock, size
from installer.core.text.state_words import state_word
from installer.ui.marks import mark
from installer.ui.plain import plain_content
from installer.ui.widgets.sheet import Row, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from installer.core.runs.summary import GenerationSummary, RunSummary

MOST = 200
"""Changed packages that are named."""
RUN_COLUMNS = (("", 2), (_("when"), 13), (_("recipe"), 19), (_("took"), 8))
IN_USE = _("● in use")
GENERATION_COLUMNS = (("", 3), ("", len(IN_USE) + 1), (_("size"), 9), (_("made"), 13))
"""Each with its width; the last one of each table, which is not among these, gets the rest."""
RECIPE = 2


def run_cells(run: RunSummary, room: int) -> list[Content]:
    """`room`: cells for what became of it."""
    recipe = plain_content(run.recipe).truncate(RUN_COLUMNS[RECIPE][1] - 1, ellipsis=True)
    became = plain_content(outcome(run) or state_word(run.state)).truncate(room, ellipsis=True)
    return [mark(run.state).shown, Content(day(run.at)), recipe, Content(clock(run.seconds)), became]


def generation_cells(each: GenerationSummary, bytes_: int | None) -> list[Content]:
    used = Content.styled(IN_USE, "$text-success") if each.current else Content()
    used = used if each.current or each.whole else Content(_("part"))
    large = Content("…" if bytes_ is None else size(bytes_))
    return [Content(str(each.number)), used, large, Content(day(each.created)), plain_content(each.recipe)]


def change_rows(
    this: GenerationSummary | None, kept: Sequence[GenerationSummary], compared_with: int | None
) -> list[Row]:
    """What differs between the selected generation and the one before it, or the one that was marked."""
    if this is None:
        return [row("", _("No generation is kept."), "$foreground-muted")]
    if this.number == compared_with and len(kept) > 1:
        words = _("Select another generation: it is compared with this one. d ends that.")
        return [row(str(this.number), words, "bold")]
    older = next((each for each in kept if each.number < this.number), None)
    older = next((each for each in kept if each.number == compared_with), older)
    if older is None:
        words = _("{packages} packages; nothing older is kept to compare with.")
        return [row("", words.format(packages=len(this.packages)))]
    found = changes(older.packages, this.packages)
    words = _("{found} changed of {packages}").format(found=len(found), packages=len(this.packages))
    head = row(f"{older.number} → {this.number}", words, "bold")
    rows = [row(name, f"{before or _('new')} → {after or _('gone')}") for name, before, after in found[:MOST]]
    return [head, *rows]


def outcome(run: RunSummary) -> str:
    """What became of it."""
    words = translated(run.said) or (_("answered") if run.served else "")
    return _("stage {stage}: {said}").format(stage=run.stage, said=words) if run.stage else words


def searched(run: RunSummary) -> str:
    """What is searched for the words that are typed."""
    return f"{run.id} {run.recipe} {run.state} {run.said} {day(run.at)}".lower()


def day(at: float) -> str:
    return time.strftime("%d %b %H:%M", time.localtime(at)) if at else ""
