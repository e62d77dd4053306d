"""What the table of recipes says about each: its verdict here, what it fetches, its share of the GPU. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from installer.core.errors import DeployError
from installer.core.outcomes import Severity, Verdict
from installer.core.plans import sentences
from installer.core.text.languages import _, ngettext, translated
from installer.core.text.quantities import roughly, size
from installer.knowledge.wheel_sizes import expected_download
from installer.ui.marks import FAILED_BEFORE, SEVERITIES, VERDICTS, Mark, mark
from installer.ui.plain import plain, plain_content
from installer.ui.widgets.sheet import GAP, Row, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from installer.core.plans.plan import Plan
    from installer.core.recipes.recipe import Recipe

    Assessed = Plan | DeployError | None
    """A plan, why there is none, or nothing yet."""

COLUMNS = ("", _("recipe"), _("engine"), _("verdict"), _("download"), _("time"), _("GPU"))
WIDTHS = (2, 26, 7, 15, 9, 7, 8)
"""Of the columns, with a space behind each, so that all fit next to what is said of one recipe, and into 80 columns."""
NAME, VERDICT = 1, 3
BAR = 2
"""Cells at the end of a line that a scrollbar may take."""
SENTENCE = 40
"""Cells from which on a verdict is a sentence, and not the name of the finding."""
_ORDER = {Verdict.WORKS: 0, Verdict.UNKNOWN: 1, "": 2, Verdict.FAILS: 3}
_CHECKING = Mark("…", _("checking"), "$foreground-muted")
SHARE = 3
"""Cells of a share that is drawn."""
MINUTES = 100
"""From here on hours, so that it fits."""
MOST = 4
"""Findings that are reported next to the table."""


def widths(room: int, names: Iterable[str]) -> tuple[int, ...]:
    """Of the columns where the table has `room`: what is left over is for whole names, then for the verdict."""
    spare = max(0, room - BAR - sum(WIDTHS))
    longer = min(spare, max(0, max(map(len, names), default=0) + 1 - WIDTHS[NAME]))
    more = {NAME: longer, VERDICT: spare - longer}
    return tuple(width + more.get(column, 0) for column, width in enumerate(WIDTHS))


def cells(
    recipe: Recipe, verdict: Assessed, star: bool, *, wide: bool = True, widths: Sequence[int] = WIDTHS
) -> list[Content]:
    look = _mark(verdict, sentence=widths[VERDICT] >= SENTENCE)
    return [
        Content.styled("★" if star else " ", "$text-warning"),
        _cut(plain_content(recipe.name, "bold" if star else ""), widths[NAME]),
        plain_content(recipe.engine_name),
        _cut(Content.styled(f"{look.symbol} {look.word}", look.style), widths[VERDICT]),
        Content(size(_download(verdict)) if _download(verdict) else ""),
        Content(_time(verdict)),
        Content(_share(verdict, drawn=wide)),
    ]


def _cut(words: Content, width: int) -> Content:
    return words.truncate(width - 1, ellipsis=True)


def shown(recipe: Recipe, verdict: Assessed, words: str, only_works: bool) -> bool:
    """Whether all of the words are in its name, title, engine or model; and whether it works, where that is asked."""
    models = [source.hub or "" for source in recipe.model.alternatives]
    text = " ".join([recipe.name, recipe.title, recipe.engine_name, *models]).lower()
    return all(word in text for word in words.lower().split()) and (not only_works or _word(verdict) == Verdict.WORKS)


def order(recipe: Recipe, verdict: Assessed, star: str, column: int) -> tuple[object, ...]:
    """By the column, the recommended one first where they are sorted by that."""
    by: tuple[object, ...] = (
        (recipe.name != star, _ORDER[_word(verdict)], -recipe.choice.priority),
        (),
        (recipe.engine_name,),
        (_ORDER[_word(verdict)],),
        (_download(verdict),),
        (_seconds(verdict) is None, _seconds(verdict)),
        (_share(verdict),),
    )[column]
    return (*by, recipe.name)


def about_rows(recipe: Recipe, verdict: Assessed, star: bool) -> list[Row]:
    """The selected recipe: what it is, and what is for and against it."""
    look = _mark(verdict)
    rows = [
        Row(Content.styled(f"{look.symbol} {look.word}", look.style), plain_content(translated(recipe.title), "bold"))
    ]
    if star:
        rows.append(
            row(
                "★",
                _("Recommended: {because}.").format(
                    because=translated(recipe.choice.because) or _("it is deployed in this home")
                ),
            )
        )
    if recipe.description:
        rows.append(row("", translated(recipe.description), "$foreground-muted"))
    if isinstance(verdict, DeployError):
        return [
            *rows,
            GAP,
            row(_("why"), f"{translated(verdict.what)} {translated(verdict.why)}"),
            row(_("fix"), translated(verdict.fix)),
        ]
    if verdict is None:
        return [*rows, row("", _("Being checked for this machine …"), "$foreground-muted")]
    if memory := sentences.memory(verdict.memory):
        rows.append(row(_("memory"), memory))
    rows.append(row(_("profile"), verdict.profile or _("none")))
    if verdict.deployable:
        rows.append(row(_("time"), _time_words(verdict)))
    for finding in sentences.in_order(verdict.findings)[:MOST]:
        sign = mark(finding.severity, SEVERITIES)
        rows += [
            GAP,
            Row(Content.styled(f"{sign.symbol} {sign.word}", sign.style), plain_content(translated(finding.summary))),
        ]
        rows += [row(_("fix"), translated(finding.fix))] if finding.fix else []
    return rows


def _word(verdict: Assessed) -> str:
    if verdict is None:
        return ""
    return Verdict.FAILS if isinstance(verdict, DeployError) else verdict.verdict


def _mark(verdict: Assessed, *, sentence: bool = False) -> Mark:
    if verdict is None:
        return _CHECKING
    look = mark(_word(verdict), VERDICTS)
    if isinstance(verdict, DeployError):
        return look
    if verdict.failed_before:
        return FAILED_BEFORE
    questions = sum(finding.severity == Severity.PROBE for finding in verdict.findings)
    if verdict.verdict == Verdict.UNKNOWN:
        words = ngettext("{count} question", "{count} questions", questions).format(count=questions)
        return Mark(look.symbol, words, look.style)
    blocker = next((f for f in verdict.findings if f.severity == Severity.BLOCKER), None)
    reason = "" if blocker is None else translated(blocker.summary) if sentence else blocker.code
    return Mark(look.symbol, plain(reason) or look.word, look.style)


def _download(verdict: Assessed) -> int:
    """With what the packages are expected to be whose size is unknown."""
    plan = _plan(verdict)
    return plan.download_bytes + expected_download(plan) if plan else 0


def _plan(verdict: Assessed) -> Plan | None:
    return None if verdict is None or isinstance(verdict, DeployError) else verdict


def _seconds(verdict: Assessed) -> float | None:
    plan = _plan(verdict)
    return plan.expected_seconds if plan else None


def _time(verdict: Assessed) -> str:
    """`?` where it would take some, and no run here tells how much."""
    plan, seconds = _plan(verdict), _seconds(verdict)
    minutes = max(1, round(seconds / 60)) if seconds is not None else None
    words = "?" if minutes is None else f"{minutes} min" if minutes < MINUTES else f"{round(minutes / 60)} h"
    return words if plan is not None and plan.deployable else ""


def _time_words(plan: Plan) -> str:
    if plan.expected_seconds is None:
        return _("unknown: nothing comparable has been deployed in this home yet")
    return _("about {time}, by earlier runs here").format(time=roughly(plan.expected_seconds))


def _share(verdict: Assessed, *, drawn: bool = True) -> str:
    """The weights' part of the memory of one GPU."""
    plan = _plan(verdict)
    part = plan.memory.weights_share if plan and plan.memory else None
    if part is None:
        return ""
    filled = round(min(1.0, part) * SHARE)
    return f"{'█' * filled}{'░' * (SHARE - filled)} {part:4.0%}" if drawn else f"{part:.0%}"
