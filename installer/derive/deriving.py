"""Derives a recipe: tries the bases that the machine allows, the best first, until one has nothing against it.

What prevents each is what the checks of a plan say of the very recipe that would be written. Where none will
do it says why, and what would.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.choice import Choice
from installer.core.plans.plan import Finding
from installer.core.plans.stack import MISTRAL, ModelFacts
from installer.core.runs.model_request import ModelRequest
from installer.derive import parsers, quantizing, recipe_document, refusal, server_flags
from installer.derive.draft import Base, Check, Derived
from installer.derive.failed_attempt import FailedAttempt
from installer.derive.flags import name_of
from installer.derive.server_flags import Form
from installer.derive.sizing import Question, anyway, smallest_setting
from installer.knowledge.engines import definitions
from installer.knowledge.tables import table
from installer.knowledge.versions import fits
from installer.models import purpose
from installer.preflight.repair.search import OF_REMOTE_CODE

_Open = tuple[int, int]
"""What a plan refuses until the user decides it (the model's own code, a chat template), and what is unknown."""
_NOTHING = (0, 0)
_OPEN = (Severity.PROBE, Severity.WARNING)
_OF_THE_MODEL = (Code.MODEL_UNSUPPORTED, Code.MODEL_TYPE_UNKNOWN, Code.TOKENIZER_UNSUPPORTED)

_OF_ANY = (Code.DISK, Code.SHM, Code.PORT, Code.NETWORK, Code.CREDENTIALS, Code.GPU_HELD)
"""What clashes with every recipe alike and can be changed on the machine: the plan says it."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be derived, from what."""

    wish: ModelRequest
    model: ModelFacts
    facts: MachineFacts
    bases: Sequence[Base]
    """Those that the machine allows, the best first."""
    bases_on: Callable[[MachineFacts], Sequence[Base]]
    """The same of another machine."""
    assess: Check
    excluded: Sequence[str] = ()
    """Why the machine does not allow the others, a sentence each."""
    folder: str = ""
    """Where the model is on this machine; empty: it is the hub's."""
    overruled: Collection[str] = ()
    """Codes of findings that do not count: anyone who asks has said so."""
    advised: bool = False
    """Whether this is an unrequested alternative: it is named only if it is known to work."""


def derive(task: Task) -> Derived:
    """The recipe. Raises `PredictedError` if the model cannot be served on the machine."""
    if not purpose.task_of(task.model):
        raise refusal.not_served(task.model, purpose.what_of(task.model))
    best, tried = _best(replace(task, overruled=()))
    if best is None and task.overruled:
        best, _ = _best(task)
    if best is None:
        excluded = (*task.excluded, *_without_server(task))
        raise refusal.of(refusal.Failed(task.wish, task.model, task.facts, tried, excluded, _would(task)))
    return best


def _best(task: Task) -> tuple[Derived | None, Sequence[FailedAttempt]]:
    """The first recipe that nothing prevents, else the one with the fewest open questions; and what would not do."""
    tried: list[FailedAttempt] = []
    best: tuple[_Open, Derived] | None = None
    for base, form in _ways(task):
        found = _attempt(task, base, form)
        if isinstance(found, FailedAttempt):
            tried.append(found)
            continue
        if best is None or found[0] < best[0]:
            best = found
        if found[0] == _NOTHING:
            break
    return best[1] if best else None, tried


def _would(task: Task) -> refusal.Works:
    """Whether something else would do: another model, another machine, another wish."""

    def works(model: ModelFacts, facts: MachineFacts, wish: ModelRequest) -> bool:
        bases = task.bases if facts is task.facts else task.bases_on(facts)
        other = replace(task, model=model, facts=facts, wish=wish, bases=bases, overruled=(), advised=True)
        return any(not isinstance(_attempt(other, base, form), FailedAttempt) for base, form in _ways(other))

    return works


def _ways(task: Task) -> Iterator[tuple[Base, Form]]:
    """Each base that serves such a model, with the files that its engine would read by default."""
    method, what = quantizing.made(task.model, task.wish), purpose.task_of(task.model)
    for base in task.bases:
        native = _natively(base, task.model)
        if what == purpose.TEXT:
            yield base, Form(native, method)
        elif flags := purpose.launching(base.engine, base.release, task.model, what):
            yield base, Form(native, method, *flags)


def _without_server(task: Task) -> Iterator[str]:
    """Why bases were left out that the machine allows."""
    what = purpose.task_of(task.model)
    for base in task.bases:
        if what != purpose.TEXT and purpose.launching(base.engine, base.release, task.model, what) is None:
            title = f"{definitions.title_of(base.engine)} {base.release}"
            yield f"{title}: no flags are known with which it serves {purpose.what_of(task.model)} of this class."


def _natively(base: Base, model: ModelFacts) -> bool:
    """Whether the engine reads Mistral's own files as soon as they are there."""
    rows = [row for row in table("tokenizers")["native"] if row["engine"] == base.engine]
    row = next((row for row in reversed(rows) if fits(base.release, f">={row['since']}")), None)
    if row is None or MISTRAL not in model.formats:
        return False
    named = not row.get("names") or any(word in model.name.lower() for word in row["names"])
    return named and (row["when"] == "always" or "hf" not in model.formats)


def _attempt(task: Task, base: Base, form: Form) -> tuple[_Open, Derived] | FailedAttempt:
    """The recipe on one base, with what the user has to decide and how much is unknown; or what prevents it."""
    fixed = tuple(server_flags.fixed_choices(base, task.model, task.facts, form))
    kept = tuple(server_flags.base_flags(base, form))
    question = Question(base, task.model, task.facts, task.wish, server_flags.written((*fixed, *kept)))
    setting = smallest_setting(question) or (anyway(question) if Code.MEMORY in task.overruled else None)
    if setting is None:
        return FailedAttempt(base, form, question)
    if setting.keeps_nothing and not task.wish.context:
        setting = replace(setting, context=None)
    many = server_flags.at_once(base, setting, task.wish)
    given = {**question.given, **(server_flags.sequences(base, many) if many is not None else {})}
    if setting.context:
        given[name_of(base, "context")] = setting.context
    final = replace(setting, sizing=replace(question, given=given).sized(setting.parallel, setting.share))
    flags = server_flags.model_flags(base, task.model, form)
    choices = (
        _source(task),
        _engine(task, base),
        *fixed,
        *server_flags.sized(base, form, final, task.wish, many),
        *flags,
        *kept,
    )
    text = recipe_document.text_of(
        base, task.model, form, final, choices, folder=task.folder, revision=task.wish.revision or ""
    )
    findings = task.assess(text, task.model, task.facts)
    against = tuple(one for one in findings if _concerns_recipe(task, one))
    if against and not _only_trust(task, base, text, against):
        return FailedAttempt(base, form, question, against)
    more = tuple(_of_the_template(base, task.model, form))
    decisions = bool(against) + sum(_concerns_recipe(task, one) for one in more)
    doubts = sum(finding.severity in _OPEN and finding.code in _OF_THE_MODEL for finding in (*findings, *more))
    name = recipe_document.name_for(task.folder or task.model.name)
    return (decisions, doubts), Derived(name, text, choices, task.model, more)


def _concerns_recipe(task: Task, finding: Finding) -> bool:
    """Whether a finding is against the recipe; of what is only advised also an open question about the GPU."""
    if task.advised and (finding.code, finding.severity) == (Code.GPU_ARCH, Severity.PROBE):
        return True
    return finding.severity == Severity.BLOCKER and finding.code not in (*_OF_ANY, *task.overruled)


def _source(task: Task) -> Choice:
    """What is served, and who says what of it."""
    licence = f"; its licence: {task.model.licence}" if task.model.licence else ""
    gate = "; it is gated: HF_TOKEN must belong to an account with access" if task.model.gated else ""
    key, value = ("model.path", task.folder) if task.folder else ("model.hub", task.model.name)
    return Choice(key, value, f"its facts are from {task.model.source}{licence}{gate}")


def _engine(task: Task, base: Base) -> Choice:
    """Why this engine and release."""
    asked = "as requested; " if task.wish.engine else ""
    because = base.recipe.choice.because
    known = f"{definitions.title_of(base.engine)} {base.release} serves {', '.join(task.model.architectures) or 'it'}"
    return Choice(
        "engine",
        f"{base.distribution}=={base.release}",
        f"{asked}{known}; {because}; packages as in {base.recipe.name}",
    )


def _only_trust(task: Task, base: Base, text: str, against: Sequence[Finding]) -> bool:
    """Whether nothing is in the way but that the model's own code is not allowed to run: the caller decides that."""
    flag = name_of(base, "trust")
    if not task.model.needs_remote_code or not flag or any(one.code not in OF_REMOTE_CODE for one in against):
        return False
    trusting = text.replace("\n  environment:\n", f"\n    {flag}: true\n  environment:\n", 1)
    findings = task.assess(trusting, task.model, task.facts)
    return not any(one.severity == Severity.BLOCKER and one.code not in _OF_ANY for one in findings)


def _of_the_template(base: Base, model: ModelFacts, form: Form) -> Iterator[Finding]:
    """A server without a template answers no chat, which the proof of stage 10 requires."""
    written = form.native or any(row.get("chats") for row in parsers.needed(base, model))
    if model.chat_template is False and form.writes and not written:
        yield Finding(
            code=Code.MODEL_UNSUPPORTED,
            severity=Severity.BLOCKER,
            stage=10,
            subject=model.name,
            summary="The model has no chat template, so the server refuses every chat request; stage 10 sends one.",
            evidence=f"{model.source}: neither its tokenizer settings nor a separate file contains one.",
            fix="Use its instruction-tuned variant, or give a template: --set server.flags.--chat-template=FILE.",
            source=model.source,
        )
