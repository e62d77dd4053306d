"""A plan as text for a person: verdict first, then what stands against it, then what would be done."""

from __future__ import annotations

from collections.abc import Iterator

from installer.cli.talk import paint
from installer.core.plan import Plan
from installer.core.words import duration, size

_VERDICTS = {
    "works": ("This works, as far as can be known", "green"),
    "fails": ("This cannot work", "red"),
    "unknown": ("Whether this works is not known", "yellow"),
}
_SEVERITIES = {"blocker": "red", "warning": "yellow", "probe": "yellow", "info": "dim"}


def plan_lines(plan: Plan) -> Iterator[str]:
    """The lines of `deploy-tui plan`."""
    words, colour = _VERDICTS[plan.verdict]
    yield paint(f"{words}: {plan.recipe} on {plan.machine}.", colour)
    if plan.because:
        yield f"The recipe was chosen because {plan.because}."
    for finding in plan.findings:
        yield ""
        yield f"{paint(finding.severity, _SEVERITIES[finding.severity])} at stage {finding.stage}: {finding.summary}"
        for sentence in (finding.evidence, finding.fix):
            if sentence:
                yield f"    {sentence}"
    yield ""
    for stage in plan.stages:
        words = stage.reason or "; ".join(change.summary for change in stage.changes)
        yield f"{stage.number:>4}  {stage.name:<13} {stage.status:<10} {words}"
    yield ""
    download = size(plan.download_bytes) if plan.download_bytes else "nothing, or sizes unknown"
    yield f"Packages: {len(plan.packages)}. To download: {download}. Worked out in {duration(plan.seconds)}."
