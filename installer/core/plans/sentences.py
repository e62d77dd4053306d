"""What a plan comes to, in sentences: shared by the command line and the screen, so that both say the same.

In the language that is spoken, since it is made to be shown; what a finding or a repair says is told in it.
Makes no layout and no colour, and leaves nothing out that was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from installer.core.outcomes import Severity
from installer.core.text.languages import _, ngettext, translated
from installer.core.text.quantities import roughly, size

if TYPE_CHECKING:
    from installer.core.plans.memory import MemoryEstimate
    from installer.core.plans.plan import Finding, Plan
    from installer.core.plans.repair import Repair


def verdict(plan: Plan) -> str:
    """One line: whether it works, and why not where it does not."""
    blockers = sum(finding.severity == Severity.BLOCKER for finding in plan.findings)
    open_questions = sum(finding.severity == Severity.PROBE for finding in plan.findings) + len(plan.not_followed)
    if blockers:
        sentence = ngettext("This fails, for {count} reason", "This fails, for {count} reasons", blockers)
        return sentence.format(count=blockers)
    if open_questions:
        sentence = ngettext(
            "Whether this works is not known, for {count} open question",
            "Whether this works is not known, for {count} open questions", open_questions,
        )  # fmt: skip
        return sentence.format(count=open_questions)
    if plan.failed_before:
        return _("No known problem prevents this, but the same failed here before")
    return _("This works, as far as can be known")


def about(plan: Plan) -> str:
    """What the verdict is about: recipe or script, model, machine, day."""
    what = _("the script {script}") if plan.script else _("the recipe {recipe}")
    what = what.format(script=plan.script, recipe=plan.recipe)
    profile = _(" (profile {profile})").format(profile=plan.profile) if plan.profile else ""
    model = _(", serving {model}").format(model=plan.model) if plan.model else ""
    return _("{what}, on {machine}").format(what=f"{what}{profile}{model}", machine=translated(plan.machine))


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """By stage, the gravest first in each; what is only to be noted last of all."""
    return sorted(
        findings,
        key=lambda f: (f.severity == Severity.INFO, f.stage, f.severity.severity_rank, f.line or 0),
    )


def to_do(plan: Plan, expected: int = 0) -> str:
    """How much there is to do and to download; `expected` bytes are those of packages whose size is unknown."""
    parts = []
    if plan.packages:
        count = len(plan.packages)
        parts.append(ngettext("{count} package", "{count} packages", count).format(count=count))
    parts.append(download(plan, expected))
    if plan.disk_bytes:
        parts.append(_("{bytes} of disk needed").format(bytes=size(plan.disk_bytes)))
    if plan.expected_seconds is not None:
        parts.append(_("about {time}, by earlier runs here").format(time=roughly(plan.expected_seconds)))
    return ", ".join(parts)


def download(plan: Plan, expected: int = 0) -> str:
    """How much would be downloaded: what the indexes say, and what is `expected` of the rest."""
    unsized = sum(package.bytes is None for package in plan.packages)
    if not plan.download_bytes and not expected:
        return _("nothing to download")
    if not expected:
        return _("{bytes} to download").format(bytes=size(plan.download_bytes))
    about = size(plan.download_bytes + expected)
    if unsized == len(plan.packages):
        return _("about {bytes} to download (sizes estimated)").format(bytes=about)
    sentence = ngettext(
        "about {bytes} to download (sizes of {count} package estimated)",
        "about {bytes} to download (sizes of {count} packages estimated)", unsized,
    )  # fmt: skip
    return sentence.format(bytes=about, count=unsized)


def memory(estimate: MemoryEstimate | None) -> str:
    """The memory figures in one line; empty if none is known."""
    if estimate is None:
        return ""
    parts = []
    if estimate.weights_bytes is not None:
        parts.append(_weights(estimate, estimate.weights_bytes))
    if estimate.kv_bytes_per_token is not None:
        parts.append(_("{bytes:,} bytes per token").format(bytes=estimate.kv_bytes_per_token))
    if estimate.kv_tokens is not None:
        parts.append(_tokens(estimate, estimate.kv_tokens))
    parts.append(longest_context(estimate))
    return "; ".join(filter(None, parts))


def longest_context(estimate: MemoryEstimate) -> str:
    if estimate.longest_context is None:
        return ""
    return _("longest context {tokens:,}").format(tokens=estimate.longest_context)


def _weights(estimate: MemoryEstimate, bytes_: int) -> str:
    text = _("{bytes} of weights").format(bytes=size(bytes_))
    if estimate.gpus > 1:
        text = _("{bytes} of weights on {gpus} GPUs").format(bytes=size(bytes_), gpus=estimate.gpus)
    if estimate.nodes > 1 and estimate.gpu_weights_bytes:
        each = size(estimate.gpu_weights_bytes)
        text += _(" of {nodes} nodes, {bytes} on each").format(nodes=estimate.nodes, bytes=each)
    return text


def _tokens(estimate: MemoryEstimate, tokens: int) -> str:
    text = _("{tokens:,} tokens fit").format(tokens=tokens)
    if estimate.static_fraction is not None:
        text += _(" at {share:g}").format(share=estimate.static_fraction)
    if estimate.gpu_free_bytes and estimate.gpu_free_bytes < 0.97 * (estimate.gpu_memory_bytes or 0):
        text += _(" of the {bytes} that are free").format(bytes=size(estimate.gpu_free_bytes))
    return text


def place(finding: Finding, names: Sequence[str] = ()) -> str:
    """Where it would happen: the stage, by its name where `names` has it, and the script's line."""
    name = f" {names[finding.stage - 1]}" if 0 < finding.stage <= len(names) else ""
    line = _(", line {line}").format(line=finding.line) if finding.line is not None else ""
    if finding.file:
        line = _(", {file} line {line}").format(file=finding.file, line=finding.file_line)
    return _("stage {stage}").format(stage=finding.stage) + name + line


def summary(finding: Finding) -> str:
    """What would go wrong."""
    return translated(finding.summary)


def clash(finding: Finding) -> str:
    """The facts that clash, with what they are about where they do not name it; empty if none are reported."""
    named = not finding.subject or finding.subject in finding.evidence
    facts = translated(finding.evidence)
    return facts if named or not facts else f"{translated(finding.subject)}: {facts}"


def fix(finding: Finding, repair: Repair | None) -> str:
    """What to do about it; empty if the repair says the same for all of them."""
    return "" if repair and finding.fix == repair.sentence else translated(finding.fix)


def answer(repair: Repair) -> str:
    """What the repair is."""
    return translated(repair.sentence)


def options(repair: Repair) -> list[str]:
    """What to add to the command, as far as the repair's sentence does not say it already."""
    return [option for option in repair.options if option not in repair.sentence]
