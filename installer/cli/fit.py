"""`fit`: which known models fit on a machine, and on which GPUs a model fits. Decides nothing, and rents nothing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from installer.cli import streams
from installer.cli.grammar.fit import KINDS
from installer.cli.requests import home_of, request_of
from installer.core.errors import ExitCode, UsageError
from installer.core.outcomes import Verdict
from installer.core.text.languages import _, translated
from installer.core.text.state_words import state_word
from installer.session import fitting

if TYPE_CHECKING:
    from installer.core.plans.stack import ModelFacts
    from installer.fit.fitting import Asked, Fit
    from installer.fit.machines import Held
    from installer.host.local import LocalHost
    from installer.session.circumstances import Circumstances

_GIB = 1 << 30


def show_fit(options: argparse.Namespace) -> int:
    """Serve `fit`."""
    from installer.fit.fitting import Asked

    fitting.check_engine(options.engine)
    asked = Asked(_positive(options.context, "--context"), _positive(options.users, "--users") or 1)
    if options.model and options.recipe:
        raise UsageError(
            "Both --model and --recipe are given.", "Only one of them can be used.", "Leave one of them out."
        )
    if options.model == "":
        raise UsageError("--model is empty.", "", "Give it a model of the hub (ORG/NAME), or a folder.")
    if options.provider and not (options.model or options.recipe):
        raise UsageError(
            "--for needs a model or a recipe.", "It looks for the smallest machine for one.",
            "Add --model ORG/NAME or --recipe NAME.",
        )  # fmt: skip
    if options.provider and options.machine:
        raise UsageError(
            "--for and --machine are both given.", "--for looks for the smallest machine.", "Leave one of them out."
        )
    return _of_model(options, asked) if not options.machine and (options.model or options.recipe) else (
        _of_machine(options, asked)
    )  # fmt: skip


def _of_machine(options: argparse.Namespace, asked: Asked) -> int:
    from installer.host.local import LocalHost
    from installer.session.circumstances import circumstances
    from installer.session.prepare import facts_of

    request, home = request_of(options), home_of(options)
    host, facts = LocalHost(home.cache), facts_of(request, home)
    around, one = circumstances(request, home, facts), bool(options.model or options.recipe)
    rows = [fitting.alone_on_machine(facts, _asked_model(options, around, host), asked, around, host)] if one else (
        fitting.on_machine(
            facts, asked, around, host, engine=options.engine, kinds=options.kind or KINDS, like=options.like or "",
        )
    )  # fmt: skip
    shown = [row for row in rows if one or options.all or row.fit.verdict == Verdict.WORKS]
    shown.sort(key=lambda row: _order(row.fit, options.sort))
    works = sum(row.fit.verdict == Verdict.WORKS for row in rows)
    if options.json:
        body = [{"kind": row.kind, "licence": row.licence or None, **_plain(row.fit)} for row in shown]
        streams.document(
            {"schema": 1, "machine": facts.name, **_model_request(asked), "known": len(rows), "fits": body}
        )
    else:
        if not one:
            _count(rows, works, facts.name, asked, told=options.all)
        _print(
            [_("MODEL"), _("GPUS"), _("WEIGHTS"), _("LONGEST"), _("USERS"), _("ENGINE")],
            [_line(row.fit) for row in shown],
        )
    return int(ExitCode.OK if works else ExitCode.PREDICTED)


def _count(rows: Sequence[fitting.Row], works: int, name: str, asked: Asked, *, told: bool) -> None:
    """How many fit; `told`: why the others do not is in the list."""
    if not rows:
        streams.say("No known model of these kinds has that word in its name.")
        return
    streams.say(f"{works} of {len(rows)} known models fit {name}{_for(asked)}.")
    unknown = sum(row.fit.verdict == Verdict.UNKNOWN for row in rows)
    if unknown and not told:
        streams.say(f"Models of which it is not known: {unknown}; --all shows why.")


def _of_model(options: argparse.Namespace, asked: Asked) -> int:
    from installer.core.machine.facts import MachineFacts
    from installer.host.local import LocalHost
    from installer.session.circumstances import circumstances

    request, home = request_of(options), home_of(options)
    host, around = LocalHost(home.cache), circumstances(request, home, MachineFacts())
    model = _asked_model(options, around, host)
    fitting.check_needs_gpu(model)
    if options.provider:
        from installer.cli import renting as lines
        from installer.session import renting

        provider = renting.checked_provider(options.provider)
        return lines.show(
            renting.rental(provider, model, asked, around, host), model.facts.name, as_json=options.json
        )  # fmt: skip
    found = fitting.on_gpus(model, asked, around, host)
    works = [held for held in found if held.fit.verdict == Verdict.WORKS]
    shown = found if options.all else works
    if options.json:
        body = [{"gpu": held.gpu.name, "memory_mib": held.gpu.memory_mib, **_plain(held.fit)} for held in shown]
        licence = model.facts.licence or None
        streams.document(
            {"schema": 1, "model": model.facts.name, "licence": licence, **_model_request(asked), "fits": body}
        )  # fmt: skip
    else:
        _tell(model.facts, found, works, asked)
        _print([_("GPUS"), _("MEMORY"), _("LONGEST"), _("USERS"), _("ENGINE")], [_gpu_line(held) for held in shown])
    return int(ExitCode.OK if works else ExitCode.PREDICTED)


def _asked_model(options: argparse.Namespace, around: Circumstances, host: LocalHost) -> fitting.Model:
    if options.recipe:
        return fitting.of_recipe(request_of(options), around, host)
    return fitting.named(options.model, options.engine, around, host, cpu=around.facts.gpus == ())


def _tell(model: ModelFacts, found: Sequence[Held], works: Sequence[Held], asked: Asked) -> None:
    licence = f", licence {model.licence}" if model.licence else ""
    streams.say(f"{model.name}{licence}, as {model.source} describes it{_for(asked)}:")
    if not works:
        streams.say("it does not fit on any known GPU, with up to eight of one kind.")
        nearest = max(found, key=lambda held: held.fit.parallel.gpus * (held.gpu.memory_mib or 0), default=None)
        if nearest is not None:
            streams.say(f"{nearest.count}x {nearest.gpu.name}: {nearest.fit.why}")
    if any(held.fit.trust for held in works):
        streams.say("It includes its own code, which the server must be allowed to run (--trust-remote-code).")


def _for(asked: Asked) -> str:
    words = [f"{asked.context:,} tokens of context"] if asked.context else []
    words += [f"{asked.users} users at the same time"] if asked.users > 1 else []
    return f" with {' for '.join(words)}" if words else ""


def _model_request(asked: Asked) -> dict[str, Any]:
    return {"context": asked.context, "users": asked.users}


def _plain(fit: Fit) -> dict[str, Any]:
    """A row for a program."""
    way = fit.way
    return {
        "model": fit.model, "verdict": fit.verdict, "why": fit.why, "engine": way.engine if way else None,
        "version": way.version if way else None, "gpus": fit.parallel.gpus, "tensor_parallel": fit.parallel.tensor,
        "pipeline_parallel": fit.parallel.pipeline, "weights_bytes": fit.weights_bytes, "longest_context": fit.longest,
        "context": fit.context, "users": fit.users, "trust_remote_code": fit.trust,
        "memory_share": fit.share,
    }  # fmt: skip


def _line(fit: Fit) -> list[str]:
    if fit.verdict != Verdict.WORKS:
        return [fit.model, _why_not(fit)]
    gpus = "-" if fit.way and fit.way.for_cpu else str(fit.parallel.gpus)
    return [fit.model, gpus, _weights(fit), *_serves(fit)]


def _gpu_line(held: Held) -> list[str]:
    name = f"{held.count}x {held.gpu.name}"
    if held.fit.verdict != Verdict.WORKS:
        return [name, _why_not(held.fit)]
    return [name, f"{held.memory_mib / 1024:,.0f} GiB", *_serves(held.fit)]


def _why_not(fit: Fit) -> str:
    return f"{state_word(fit.verdict)}: {translated(fit.why)}"


def _serves(fit: Fit) -> list[str]:
    longest = f"{fit.longest:,}" if fit.longest else "?"
    users = "-"
    if fit.users is not None and fit.context:
        users = _("{done} of {whole}").format(done=f"{fit.users:,}", whole=f"{fit.context:,}")
    share = f" at {fit.share:g}" if fit.share is not None else ""
    trust = _(", own code") if fit.trust else ""
    return [longest, users, f"{fit.way.title}{share}{trust}" if fit.way else ""]


def _weights(fit: Fit) -> str:
    return f"{fit.weights_bytes / _GIB:,.1f} GiB" if fit.weights_bytes is not None else "?"


def _print(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest word; a sentence is at the end of its line."""
    if not rows:
        return
    full_rows = [row for row in [head, *rows] if len(row) == len(head)]
    widths = [max(len(row[column]) for row in [*full_rows, *([r] if column == 0 else [] for r in rows)] if row)
              for column in range(len(head))]  # fmt: skip
    for row in [head, *rows]:
        streams.data("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=False)).rstrip())


def _order(fit: Fit, sort: str) -> tuple[bool, float, str]:
    keys = {"size": fit.weights_bytes, "context": fit.longest, "users": fit.users}
    return fit.verdict != Verdict.WORKS, -float(keys.get(sort) or 0), fit.model.lower()


def _positive(number: int | None, flag: str) -> int | None:
    if number is not None and number < 1:
        raise UsageError(f"{flag} {number} is not valid.", "It starts at 1.", f"Give {flag} a number above zero.")
    return number
