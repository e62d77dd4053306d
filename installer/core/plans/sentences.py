"""What a plan comes to, in sentences: shared by the command line and the screen, so that both say the same.

Makes no layout and no colour, and leaves nothing out that was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from installer.core.outcomes import Severity
from installer.core.text.quantities import size

if TYPE_CHECKING:
    from installer.core.plans.memory import MemoryEstimate
    from installer.core.plans.plan import Finding, Plan
    from installer.core.plans.repair import Repair


def verdict(plan: Plan) -> str:
    """One line: whether it works, and why not where it does not."""
    blockers = sum(finding.severity == Severity.BLOCKER for finding in plan.findings)
    open_questions = sum(finding.severity == Severity.PROBE for finding in plan.findings) + len(plan.not_followed)
    if blockers:
        return f"This fails, for {_counted(blockers, 'reason')}"
    if open_questions:
        return f"Whether this works is not known, for {_counted(open_questions, 'open question')}"
    return "This works, as far as can be known"


def about(plan: Plan) -> str:
    """What the verdict is about: recipe or script, model, machine, day."""
    what = f"the script {plan.script}" if plan.script else f"the recipe {plan.recipe}"
    profile = f" (profile {plan.profile})" if plan.profile else ""
    model = f", serving {plan.model}" if plan.model else ""
    return f"{what}{profile}{model}, on {plan.machine}"


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """By stage, the gravest first in each; what is only to be noted last of all."""
    return sorted(
        findings,
        key=lambda f: (f.severity == Severity.INFO, f.stage, f.severity.gravity, f.line or 0),
    )


def to_do(plan: Plan, expected: int = 0) -> str:
    """How much there is to do and to download; `expected` bytes are those of packages whose size nobody said."""
    parts = []
    if plan.packages:
        parts.append(_counted(len(plan.packages), "package"))
    parts.append(download(plan, expected))
    if plan.disk_bytes:
        parts.append(f"{size(plan.disk_bytes)} of disk needed")
    return ", ".join(parts)


def download(plan: Plan, expected: int = 0) -> str:
    """How much would be downloaded: what the indexes say, and what is `expected` of the rest."""
    unsized = sum(package.bytes is None for package in plan.packages)
    if not plan.download_bytes and not expected:
        return "nothing to download"
    if not expected:
        return f"{size(plan.download_bytes)} to download"
    whose = "sizes" if unsized == len(plan.packages) else f"sizes of {unsized} packages"
    return f"about {size(plan.download_bytes + expected)} to download ({whose} estimated)"


def memory(estimate: MemoryEstimate | None) -> str:
    """The memory figures in one line; empty where none is known."""
    if estimate is None:
        return ""
    parts = []
    if estimate.weights_bytes is not None:
        shared = f" on {estimate.gpus} GPUs" if estimate.gpus > 1 else ""
        if estimate.nodes > 1 and estimate.gpu_weights_bytes:
            shared += f" of {estimate.nodes} nodes, {size(estimate.gpu_weights_bytes)} on each"
        parts.append(f"{size(estimate.weights_bytes)} of weights{shared}")
    if estimate.kv_bytes_per_token is not None:
        parts.append(f"{estimate.kv_bytes_per_token:,} bytes a token")
    if estimate.kv_tokens is not None:
        share = f" at {estimate.static_fraction:g}" if estimate.static_fraction is not None else ""
        held = estimate.gpu_free_bytes and estimate.gpu_free_bytes < 0.97 * (estimate.gpu_memory_bytes or 0)
        free = f" of the {size(estimate.gpu_free_bytes or 0)} that are free" if held else ""
        parts.append(f"{estimate.kv_tokens:,} tokens fit{share}{free}")
    if estimate.longest_context is not None:
        parts.append(f"longest context {estimate.longest_context:,}")
    return "; ".join(parts)


def place(finding: Finding, names: Sequence[str] = ()) -> str:
    """Where it would happen: the stage, by its name where `names` has it, and the script's line."""
    name = f" {names[finding.stage - 1]}" if 0 < finding.stage <= len(names) else ""
    line = f", line {finding.line}" if finding.line is not None else ""
    return f"stage {finding.stage}{name}{line}"


def clash(finding: Finding) -> str:
    """The facts that clash, with what they are about where they do not name it; empty where none are told."""
    named = not finding.subject or finding.subject in finding.evidence
    return finding.evidence if named or not finding.evidence else f"{finding.subject}: {finding.evidence}"


def fix(finding: Finding, repair: Repair | None) -> str:
    """What to do about it; empty where the repair says the same for all of them."""
    return "" if repair and finding.fix == repair.sentence else finding.fix


def options(repair: Repair) -> list[str]:
    """What to add to the command, as far as the repair's sentence does not say it already."""
    return [option for option in repair.options if option not in repair.sentence]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
