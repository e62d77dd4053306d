"""What the review screen says about a plan, as rows. Pure: a plan and readings in, rows out."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from textual.content import Content

from installer.core.outcomes import StageStatus, Verdict
from installer.core.plans import sentences
from installer.core.text.quantities import clock, counted, duration, size
from installer.knowledge.wheel_sizes import expected_download
from installer.ui.marks import SERVER, SEVERITIES, VERDICTS, Mark, mark
from installer.ui.plain import plain, said
from installer.ui.widgets.scale import Part, scale
from installer.ui.widgets.sheet import GAP, Row, row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installer.core.contracts.serving import ServerState
    from installer.core.errors import DeployError
    from installer.core.machine.facts import MachineFacts
    from installer.core.machine.meters import Reading
    from installer.core.plans.choice import Choice
    from installer.core.plans.plan import Finding, Plan, PlannedStage
    from installer.core.plans.repair import Repair

BETWEEN = Content.styled("  ·  ", "$foreground-muted")


def verdict_rows(
    plan: Plan, title: str, server: ServerState | None, reading: Reading | None, took: Mapping[int, float] | None = None
) -> list[Row]:
    """The answer first, then what it is about."""
    rows = [Row(_headed(_verdict(plan)), Content.styled(_answer(plan), "bold")), GAP]
    if plan.repair:
        key = Content.styled("  a applies it", "bold $text-primary") if applicable(plan) else Content()
        rows.append(row("answer", said(plan.repair.sentence) + key))
    rows.append(row("recipe", _listed([plan.recipe, title, f"profile {plan.profile}" if plan.profile else ""])))
    if plan.because:
        rows.append(row("because", plan.because))
    if told := _told(plan):
        rows.append(row("derived", f"{counted(len(told), 'value')} from the model and this machine; . says why"))
    if plan.profile_because:
        rows.append(row("profile", f"{plan.profile}, because {plan.profile_because}"))
    rows.append(
        row(
            "machine", _listed([plan.machine, *(facts_words(plan.facts) if plan.elsewhere else machine_words(reading))])
        )
    )
    if not plan.in_place and plan.verdict != Verdict.FAILS:
        rows.append(row("to do", _listed(_to_do(plan, took or {}))))
    if plan.elsewhere:
        rows.append(row("elsewhere", "This plan is for another machine: deploy it there."))
    rows += scale_rows(plan, reading)
    if server is not None and (plan.in_place or server.state != "stopped"):
        rows.append(row("server", server_line(server)))
    return rows


def scale_rows(plan: Plan, reading: Reading | None) -> list[Row]:
    """Memory of the GPU, and the disk, drawn to scale where that is known; else in words."""
    rows, memory = [], plan.memory
    if memory and memory.gpu_memory_bytes and memory.gpu_weights_bytes is not None:
        cache = (memory.kv_tokens or 0) * (memory.kv_bytes_per_token or 0)
        tokens = f" ({memory.kv_tokens:,} tokens)" if memory.kv_tokens else ""
        parts = [
            Part("weights", memory.gpu_weights_bytes, "▓", "$text-primary"),
            Part("key-value cache", cache, "▒", "$text-secondary", tokens),
        ]
        rows.append(row("GPU memory", scale(parts, memory.gpu_memory_bytes, SCALE)))
    elif told := sentences.memory(memory):
        rows.append(row("memory", told))
    if reading and reading.disk_total and reading.disk_free is not None and plan.disk_bytes and not plan.elsewhere:
        parts = [
            Part("used", reading.disk_total - reading.disk_free, "█", "$foreground-muted"),
            Part("this", plan.disk_bytes, "▒", "$text-primary"),
        ]
        rows.append(row("disk", scale(parts, reading.disk_total, SCALE)))
    return rows


def applicable(plan: Plan) -> bool:
    """Whether the repair is another recipe or other settings, so that planning with them is applying it."""
    return plan.repair is not None and bool(plan.repair.recipe or plan.repair.settings)


SCALE = 24
"""Cells of what is drawn to scale."""


def server_line(server: ServerState) -> Content:
    look = mark(server.state, SERVER)
    line = Content.styled(f"{look.symbol} {look.word}", look.style)
    if server.state in ("ready", "starting") and server.url:
        line += Content(" at ") + said(server.url)
        line += BETWEEN + said(server.model) if server.model else Content()
    return line + (BETWEEN + said(server.reason, "$foreground-muted") if server.reason else Content())


def finding_rows(findings: Sequence[Finding], repair: Repair | None = None) -> list[Row]:
    """Each finding: what would go wrong, the facts that clash, the cheapest fix; in order of stage.

    A fix that is the `repair` of all of it stands with the verdict already.
    """
    rows: list[Row] = []
    for finding in sentences.in_order(findings):
        rows += [GAP] if rows else []
        code = Content.styled(f"  {finding.code}", "$foreground-muted")
        rows.append(Row(_headed(mark(finding.severity, SEVERITIES)), said(finding.summary, "bold") + code))
        rows.append(row(f"  stage {finding.stage}", sentences.clash(finding) or finding.subject))
        if fix := sentences.fix(finding, repair):
            rows.append(row("  fix", fix))
    return rows


def stage_rows(plan: Plan, took: Mapping[int, float], *, commands: bool = False) -> list[Row]:
    """The ten stages in a line each: what would happen, or why nothing does, what it fetches, what it took here before.

    In full and with the commands where they are wanted.
    """
    rows = []
    for stage in plan.stages:
        rows.append(_stage_row(stage, took.get(stage.number), whole=commands))
        told = [shlex.join(change.command) for change in stage.changes if change.command] if commands else []
        rows += [Row(Content(), said(f"$ {command}", "$text-secondary")) for command in told]
    return [*rows, *(derived_rows(plan) if commands else [])]


def derived_rows(plan: Plan) -> list[Row]:
    """Each value that was worked out for the model, and why it is so; nothing for a recipe that somebody wrote."""
    rows = []
    for choice in _told(plan):
        value = "left out" if choice.value is None else str(choice.value)
        rows += [GAP, row(choice.key.removeprefix("server.flags."), value, "bold"), row("", choice.because)]
    return rows


def _told(plan: Plan) -> list[Choice]:
    """Those of the derived values that have a reason of their own."""
    return [choice for choice in plan.derived if choice.because]


STAGE_COLUMN = 29


def error_rows(error: DeployError) -> list[Row]:
    """The three sentences of an error."""
    rows = [Row(_headed(Mark("✗", "stopped", "bold $text-error")), said(error.what, "bold"))]
    rows += [GAP, row("why", error.why)] if error.why else []
    return [*rows, GAP, row("what to do", error.fix)] if error.fix else rows


def machine_words(reading: Reading | None) -> list[str]:
    if reading is None:
        return []
    words = [f"{size(reading.memory_total)} memory"] if reading.memory_total else []
    words += [f"{size(reading.disk_free)} disk free"] if reading.disk_free is not None else []
    return [*words, _gpu_words(reading)]


def facts_words(facts: MachineFacts | None) -> list[str]:
    """What is known of a machine that is not this one."""
    if facts is None:
        return []
    words = [f"{size(facts.memory_mib << 20)} memory"] if facts.memory_mib else []
    free = facts.disks[0].free_mib if facts.disks else None
    words += [f"{size(free << 20)} disk free"] if free is not None else []
    if facts.gpus is None:
        return words
    counted = Counter(plain(gpu.name) for gpu in facts.gpus)
    names = [name if count == 1 else f"{count} × {name}" for name, count in counted.items()]
    return [*words, *(names or ["no GPU"])]


def _gpu_words(reading: Reading) -> str:
    if not reading.gpus:
        return "no GPU"
    first = plain(reading.gpus[0].name)
    return first if len(reading.gpus) == 1 else f"{len(reading.gpus)} × {first}"


def _verdict(plan: Plan) -> Mark:
    return Mark("=", "in place", "bold $text-success") if plan.in_place else mark(plan.verdict, VERDICTS)


def _answer(plan: Plan) -> str:
    if plan.in_place:
        return "Everything is in place. Nothing is left to do."
    return f"{sentences.verdict(plan)}."


def _to_do(plan: Plan, took: Mapping[int, float]) -> list[str]:
    count = f"{len(plan.pending)} of {len(plan.stages)} stages"
    packages = f"{len(plan.packages)} packages" if plan.packages else ""
    disk = f"{size(plan.disk_bytes)} of disk" if plan.disk_bytes else ""
    known = [took[stage.number] for stage in plan.pending if stage.number in took]
    before = f"took {duration(sum(known))} here before" if len(known) == len(plan.pending) else ""
    return [count, packages, sentences.download(plan, expected_download(plan)), disk, before]


def _stage_row(stage: PlannedStage, took: float | None, *, whole: bool) -> Row:
    look = mark(stage.status)
    quiet = "$foreground-muted" if stage.status in (StageStatus.SKIPPED, StageStatus.SATISFIED) else ""
    name = said(f"{stage.number:>2} {stage.name}", quiet).truncate(16, pad=True)
    label = look.shown + Content(" ") + name + Content.styled(look.word, look.style)
    fetch = sum(change.bytes for change in stage.changes)
    told = [size(fetch) if fetch else "", f"{clock(took):>6}" if took and stage.status == StageStatus.PENDING else ""]
    right = " ".join(part for part in told if part)
    return Row(label, said(_stage_words(stage), quiet or "$foreground-muted"), right, single=not whole)


def _stage_words(stage: PlannedStage) -> str:
    changes = [change.summary for change in stage.changes]
    words = stage.reason or (changes[0] if changes else "")
    more = f" and {len(changes) - 1} more" if not stage.reason and len(changes) > 1 else ""
    return words + more


def _headed(look: Mark) -> Content:
    return Content.styled(f"{look.symbol} {look.word}", look.style)


def _listed(words: Sequence[str]) -> Content:
    return BETWEEN.join([said(word) for word in words if word])
