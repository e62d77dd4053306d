"""What the review screen says about a plan, as rows. Pure: a plan and readings in, rows out."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from textual.content import Content

from installer.core.outcomes import ServerStatus, Severity, StageStatus, Verdict
from installer.core.plans import sentences
from installer.core.text.languages import _, ngettext, translated
from installer.core.text.quantities import clock, roughly, size
from installer.knowledge.wheel_sizes import expected_download
from installer.ui.marks import FAILED_BEFORE, SERVER, SEVERITIES, VERDICTS, Mark, mark
from installer.ui.plain import plain, plain_content
from installer.ui.widgets.scale import Part, scale
from installer.ui.widgets.sheet import GAP, Row, row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installer.core.contracts.serving import ServerState
    from installer.core.errors import DeployError
    from installer.core.machine.facts import MachineFacts
    from installer.core.machine.meters import Reading
    from installer.core.plans.choice import Choice
    from installer.core.plans.memory import MemoryEstimate
    from installer.core.plans.plan import Finding, Plan, PlannedStage
    from installer.core.plans.repair import Repair

BETWEEN = Content.styled("  ·  ", "$foreground-muted")


def verdict_rows(plan: Plan, title: str, server: ServerState | None, reading: Reading | None) -> list[Row]:
    """The answer first, then what it is about."""
    rows = [Row(_headed(_verdict(plan)), Content.styled(_answer(plan), "bold")), GAP, *_why_rows(plan)]
    if plan.repair:
        key = Content.styled(_("  a applies it"), "bold $text-primary") if applicable(plan) else Content()
        rows.append(row(_("answer"), plain_content(sentences.answer(plan.repair)) + key))
    rows += _recipe_rows(plan, title)
    words = facts_words(plan.facts) if plan.elsewhere else machine_words(reading)
    rows.append(row(_("machine"), _listed([plan.machine, *words])))
    if not plan.in_place and plan.verdict != Verdict.FAILS:
        rows.append(row(_("to do"), _listed(_to_do(plan))))
    if plan.elsewhere:
        rows.append(row(_("elsewhere"), _("This plan is for another machine: deploy it there.")))
    rows += scale_rows(plan, reading)
    if server is not None and (plan.in_place or server.state != ServerStatus.STOPPED):
        rows.append(row(_("server"), server_line(server)))
    return rows


def _why_rows(plan: Plan) -> list[Row]:
    """What is in the way, or was, so that it is read without opening the findings."""
    blockers = (finding for finding in _gravest_first(plan.findings) if finding.severity == Severity.BLOCKER)
    reason = next(blockers, plan.failed_before)
    return [row(_("why"), plain_content(sentences.summary(reason)))] if reason else []


def _gravest_first(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(sentences.in_order(findings), key=lambda finding: finding.severity.severity_rank)


def _recipe_rows(plan: Plan, title: str) -> list[Row]:
    """What is deployed, and why that."""
    profile = _("profile {profile}").format(profile=plan.profile) if plan.profile else ""
    rows = [row(_("recipe"), _listed([plan.recipe, translated(title), profile]))]
    if plan.because:
        rows.append(row(_("because"), translated(plan.because)))
    if derived := _explained_choices(plan):
        values = ngettext("{count} value", "{count} values", len(derived)).format(count=len(derived))
        words = _("{told} from the model and this machine; . says why").format(told=values)
        rows.append(row(_("derived"), words))
    if plan.profile_because:
        words = _("{profile}, because {profile_because}")
        words = words.format(profile=plan.profile, profile_because=translated(plan.profile_because))
        rows.append(row(_("profile"), words))
    return rows


def scale_rows(plan: Plan, reading: Reading | None) -> list[Row]:
    """Memory and the disk, drawn to scale where that is known; else in words."""
    rows = _memory_rows(plan)
    if reading and reading.disk_total and reading.disk_free is not None and plan.disk_bytes and not plan.elsewhere:
        parts = [
            Part(_("used"), reading.disk_total - reading.disk_free, "█", "$foreground-muted"),
            Part(_("this"), plan.disk_bytes, "▒", "$text-primary"),
        ]
        rows.append(row(_("disk"), scale(parts, reading.disk_total, SCALE)))
    return rows


def _memory_rows(plan: Plan) -> list[Row]:
    """Of a GPU, or main memory where the engine runs on the processor."""
    memory, facts = plan.memory, plan.facts
    if memory and memory.gpu_memory_bytes and memory.gpu_weights_bytes is not None:
        parts = [*_held(memory.gpu_memory_bytes, memory.gpu_free_bytes), *_needed(memory, memory.gpu_weights_bytes)]
        return [row(_("GPU memory"), scale(parts, memory.gpu_memory_bytes, SCALE))]
    if memory and memory.weights_bytes and memory.on_processor and facts and facts.memory_mib:
        free = facts.memory_free_mib << 20 if facts.memory_free_mib is not None else None
        parts = [*_held(facts.memory_mib << 20, free), *_needed(memory, memory.weights_bytes)]
        drawn = scale(parts, facts.memory_mib << 20, SCALE)
        longest = sentences.longest_context(memory)
        return [row(_("memory"), drawn + BETWEEN + Content(longest) if longest else drawn)]
    words = sentences.memory(memory)
    return [row(_("memory"), words)] if words else []


def _held(whole: int, free: int | None) -> list[Part]:
    """What is in use by others. A server of this home is none of them: it makes room for the new one."""
    if free is None or (whole - free) * SCALE < whole:
        return []
    return [Part(_("in use"), whole - free, "█", "$foreground-muted")]


def _needed(memory: MemoryEstimate, weights: int) -> list[Part]:
    cache = (memory.kv_tokens or 0) * (memory.kv_bytes_per_token or 0)
    tokens = _(" ({kv_tokens:,} tokens)").format(kv_tokens=memory.kv_tokens) if memory.kv_tokens else ""
    return [
        Part(_("weights"), weights, "▓", "$text-primary"),
        Part(_("key-value cache"), cache, "▒", "$text-secondary", tokens),
    ]


def applicable(plan: Plan) -> bool:
    """Whether the repair is another recipe or other settings, so that planning with them is applying it."""
    return plan.repair is not None and bool(plan.repair.recipe or plan.repair.settings)


SCALE = 24
"""Cells of what is drawn to scale."""


def server_line(server: ServerState) -> Content:
    look = mark(server.state, SERVER)
    line = Content.styled(f"{look.symbol} {look.word}", look.style)
    if server.state in (ServerStatus.READY, ServerStatus.STARTING) and server.url:
        line += Content(_(" at ")) + plain_content(server.url)
        line += BETWEEN + plain_content(server.model) if server.model else Content()
    return line + (
        BETWEEN + plain_content(translated(server.reason), "$foreground-muted") if server.reason else Content()
    )


def finding_rows(findings: Sequence[Finding], repair: Repair | None = None) -> list[Row]:
    """Each finding: what would go wrong, the facts that clash, the cheapest fix; the gravest first.

    A fix that is the `repair` of all of it is with the verdict already.
    """
    rows: list[Row] = []
    for finding in _gravest_first(findings):
        rows += [GAP] if rows else []
        code = Content.styled(f"  {finding.code}", "$foreground-muted")
        rows.append(
            Row(_headed(mark(finding.severity, SEVERITIES)), plain_content(sentences.summary(finding), "bold") + code)
        )
        rows.append(
            row(
                _("  stage {stage}").format(stage=finding.stage),
                sentences.clash(finding) or translated(finding.subject),
            )
        )
        if fix := sentences.fix(finding, repair):
            rows.append(row(_("  fix"), fix))
    return rows


def stage_rows(plan: Plan, took: Mapping[int, float], *, commands: bool = False) -> list[Row]:
    """The ten stages in a line each: what would happen, or why nothing does, what it fetches, what it took here before.

    In full and with the commands where they are wanted.
    """
    rows = []
    for stage in plan.stages:
        rows.append(_stage_row(stage, took.get(stage.number), whole=commands))
        words = [shlex.join(change.command) for change in stage.changes if change.command] if commands else []
        rows += [Row(Content(), plain_content(f"$ {command}", "$text-secondary")) for command in words]
    return [*rows, *(derived_rows(plan) if commands else [])]


def derived_rows(plan: Plan) -> list[Row]:
    """Each value that was calculated for the model, and why it is so; nothing for a recipe that someone wrote."""
    rows = []
    for choice in _explained_choices(plan):
        value = _("left out") if choice.value is None else str(choice.value)
        rows += [GAP, row(choice.key.removeprefix("server.flags."), value, "bold"), row("", translated(choice.because))]
    return rows


def _explained_choices(plan: Plan) -> list[Choice]:
    """Those of the derived values that have a reason of their own."""
    return [choice for choice in plan.derived if choice.because]


STAGE_COLUMN = 29


def error_rows(error: DeployError) -> list[Row]:
    """The three sentences of an error."""
    rows = [Row(_headed(Mark("✗", _("stopped"), "bold $text-error")), plain_content(translated(error.what), "bold"))]
    rows += [GAP, row(_("why"), translated(error.why))] if error.why else []
    return [*rows, GAP, row(_("what to do"), translated(error.fix))] if error.fix else rows


def machine_words(reading: Reading | None) -> list[str]:
    if reading is None:
        return []
    words = [_("{memory_total} memory").format(memory_total=size(reading.memory_total))] if reading.memory_total else []
    words += (
        [_("{disk_free} disk free").format(disk_free=size(reading.disk_free))] if reading.disk_free is not None else []
    )
    return [*words, _gpu_words(reading)]


def facts_words(facts: MachineFacts | None) -> list[str]:
    """What is known of a machine that is not this one."""
    if facts is None:
        return []
    words = [_("{memory_mib} memory").format(memory_mib=size(facts.memory_mib << 20))] if facts.memory_mib else []
    free = facts.disks[0].free_mib if facts.disks else None
    words += [_("{free} disk free").format(free=size(free << 20))] if free is not None else []
    if facts.gpus is None:
        return words
    counted = Counter(plain(gpu.name) for gpu in facts.gpus)
    names = [name if count == 1 else f"{count} × {name}" for name, count in counted.items()]
    return [*words, *(names or [_("no GPU")])]


def _gpu_words(reading: Reading) -> str:
    if not reading.gpus:
        return _("no GPU")
    first = plain(reading.gpus[0].name)
    return first if len(reading.gpus) == 1 else f"{len(reading.gpus)} × {first}"


def _verdict(plan: Plan) -> Mark:
    if plan.in_place:
        return Mark("=", _("in place"), "bold $text-success")
    return FAILED_BEFORE if plan.failed_before else mark(plan.verdict, VERDICTS)


def _answer(plan: Plan) -> str:
    if plan.in_place:
        return _("Everything is in place. Nothing is left to do.")
    return f"{sentences.verdict(plan)}."


def _to_do(plan: Plan) -> list[str]:
    count = _("{pending} of {stages} stages").format(pending=len(plan.pending), stages=len(plan.stages))
    packages = _("{packages} packages").format(packages=len(plan.packages)) if plan.packages else ""
    disk = _("{disk_bytes} of disk").format(disk_bytes=size(plan.disk_bytes)) if plan.disk_bytes else ""
    expected = plan.expected_seconds
    time = _("about {time}, by earlier runs here").format(time=roughly(expected)) if expected is not None else ""
    return [count, packages, sentences.download(plan, expected_download(plan)), disk, time]


def _stage_row(stage: PlannedStage, took: float | None, *, whole: bool) -> Row:
    look = mark(stage.status)
    quiet = "$foreground-muted" if stage.status in (StageStatus.SKIPPED, StageStatus.SATISFIED) else ""
    name = plain_content(f"{stage.number:>2} {stage.name}", quiet).truncate(16, pad=True)
    label = look.shown + Content(" ") + name + Content.styled(look.word, look.style)
    fetch = sum(change.bytes for change in stage.changes)
    amounts = [
        size(fetch) if fetch else "",
        f"{clock(took):>6}" if took and stage.status == StageStatus.PENDING else "",
    ]
    right = " ".join(part for part in amounts if part)
    return Row(label, plain_content(_stage_words(stage), quiet or "$foreground-muted"), right, single=not whole)


def _stage_words(stage: PlannedStage) -> str:
    changes = [change.summary for change in stage.changes]
    words = translated(stage.reason or (changes[0] if changes else ""))
    more = _(" and {changes} more").format(changes=len(changes) - 1) if not stage.reason and len(changes) > 1 else ""
    return words + more


def _headed(look: Mark) -> Content:
    return Content.styled(f"{look.symbol} {look.word}", look.style)


def _listed(words: Sequence[str]) -> Content:
    return BETWEEN.join([plain_content(word) for word in words if word])
