"""Explains a log: the line that says why, and which known symptoms it shows, the likeliest first.

Pure; never claims to know what no row says, never accuses a log that shows no failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from installer.diagnostics.logs.embedded import at_the_margin
from installer.diagnostics.logs.event import WARNED, Event, chain
from installer.diagnostics.logs.events import find
from installer.diagnostics.logs.lines import messages
from installer.diagnostics.logs.origin import programs_of
from installer.diagnostics.logs.recovery import Recovery
from installer.diagnostics.logs.root_cause import Root, choose, described
from installer.diagnostics.logs.selection import select_lines
from installer.diagnostics.logs.wrappers import unwrap
from installer.diagnostics.symptom_matching import Recognised, Recogniser, notes
from installer.diagnostics.symptoms import is_known
from installer.diagnostics.wording import Candidate, Values, Wording

SURE = 0.8
"""From this confidence on, a reason is stated as a fact."""
BESIDE = 0.5
"""What is left of the confidence of a symptom that does not meet the line that says why."""
LIKELY = 0.75
"""The most that is said of a cause where lines of one burst have different ones that are sure."""
_BURST = 2
"""Messages that are written together about one failure."""
_MOST = 8


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a log."""

    root: Root | None
    """`None` if it shows no failure."""
    candidates: tuple[Candidate, ...]
    notes: tuple[Candidate, ...] = ()
    """Worth knowing, of a log that shows no failure."""
    engine: str = ""
    lines: int = 0
    left_out: int = 0
    """Lines that complained and were not looked at, because there were too many."""
    ended: bool = False
    """Whether the line that says why only tells that something ended: the reason is not in the log."""


def explain(lines: Iterable[str], *, ours: bool = False) -> Explanation:
    """What explains a log with these lines."""
    return explain_blocks(["\n".join(lines).encode("utf-8", "replace")], ours=ours)


def explain_blocks(blocks: Iterable[bytes], *, ours: bool = False) -> Explanation:
    """What explains a log that comes in blocks of whole lines. `ours`: it is of a run of this tool."""
    sifted = select_lines(blocks)
    lines = list(at_the_margin(messages(sifted.lines)))
    programs, engine = programs_of([raw for _, raw in sifted.lines])
    events = find(lines, is_known)
    recogniser = Recogniser(lines, programs, engine)
    known = recogniser.all(events)
    recovery = Recovery([(unwrap(line).where, number) for number, line in sifted.alive], lines)
    recovery.weigh_what_followed(events)
    root, recovered = choose(events, recovery.over, sifted.total)
    recognised = [one for one in known if not recovery.over(one.event)]
    teller = Wording(engine, ours)
    failed = root is not None and not recovered
    read = recogniser.by_form(root) if root and failed else None
    reasons = _reasons(known, root) if root and failed else []
    told = _line_of(reasons, root) if root else None
    return Explanation(
        root=described(told, lines, events, recovered) if told else None,
        candidates=tuple(_candidates(root, recognised, read, reasons, teller)) if root and failed else (),
        notes=()
        if failed
        else tuple(teller.candidate(row, values, line.number, line.text, 0.3) for line, row, values in notes(lines)),
        engine=engine,
        lines=sifted.total,
        left_out=sifted.dropped,
        ended=root is not None and root.consequence,
    )


def _candidates(
    root: Event,
    recognised: Sequence[Recognised],
    read: Recognised | None,
    reasons: Sequence[Recognised],
    teller: Wording,
) -> Iterator[Candidate]:
    """One for each symptom, at the place where it meets the root or shows first."""
    best: dict[str, tuple[float, Recognised]] = {}
    for one in [*reasons, *recognised, *_unless_known(read, root, recognised)]:
        why = one in reasons
        if not why and not _counts(one, root):
            continue
        share = one.confidence * (1.0 if why or (_meets(one.event, root) and not reasons) else BESIDE)
        if one.symptom.id not in best or share > best[one.symptom.id][0]:
            best[one.symptom.id] = (share, one)
    ranked = sorted(best.values(), key=lambda pair: (-pair[0], pair[1].event.line))
    contested = len({one.symptom.id for one in recognised if _contests(one, root)}) > 1
    for share, one in ranked[:_MOST]:
        share = min(share, LIKELY) if contested else share  # noqa: PLW2901
        values = {**_read_elsewhere(one, recognised), **one.values}
        yield teller.candidate(one.symptom, values, one.event.line, one.event.parts[0], share)


def _line_of(reasons: Sequence[Recognised], root: Event) -> Event:
    """The event whose line is shown: the root, or a complaint before it that is known to be why it complains."""
    told = (one.event for one in reasons if one.event.weight > WARNED)
    return root if root.exception else next(told, root)


def _counts(one: Recognised, root: Event) -> bool:
    """Whether a symptom says why at all: no warning, and what only ended nowhere else than at the root."""
    warned = one.event.weight <= WARNED and one.event is not root
    return not warned and (root.consequence or not one.symptom.consequence)


def _reasons(told: Sequence[Recognised], root: Event) -> list[Recognised]:
    """What was told before the root, if only by a warning that was passed over, and is known to be why that fails."""
    met = {one.symptom.id for one in told if _meets(one.event, root)}
    return [one for one in told if one.event.line < root.line and one.symptom.explains & met]


def _read_elsewhere(known: Recognised, recognised: Sequence[Recognised]) -> Values:
    """What a symptom reads out of the other lines that it knows, where this one says nothing of it."""
    if any(name in known.values for name in known.symptom.signature.groupindex):
        return {}
    others = [one.values for one in reversed(recognised) if one.symptom is known.symptom and one is not known]
    return {name: value for values in others for name, value in values.items()}


def _contests(one: Recognised, root: Event) -> bool:
    """Whether a symptom that is sure explains a line of one burst with the root, written by the same process."""
    event = one.event
    together = abs(event.at - root.at) <= _BURST and (event.where, event.process) == (root.where, root.process)
    return together and not event.exception and not one.symptom.consequence and one.confidence >= SURE


def _unless_known(read: Recognised | None, root: Event, recognised: Sequence[Recognised]) -> Iterator[Recognised]:
    """What the form of the root says, where no row knows that better."""
    known = max((one.confidence for one in recognised if _meets(one.event, root)), default=0.0)
    if read is not None and read.confidence > known:
        yield read


def _meets(event: Event, root: Event) -> bool:
    """Whether a failure is the root, says the same, or is of one chain with it."""
    same = event.parts[0] == root.parts[0]
    return same or root in chain(event) or event in chain(root)
