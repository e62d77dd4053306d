"""Whether the pinned Transformers parses the model's configuration: its own type and every type nested in it. Pure.

An engine that lists the architecture still stops here, with a `KeyError` or "does not recognize this architecture".
"""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.knowledge import tables
from installer.knowledge.versions import fits
from installer.preflight.checks.model import first_release
from installer.preflight.checks.model.subject import Subject, reads_natively

CODE = Code.MODEL_TYPE_UNKNOWN
_UNTRUSTED = "; the model includes code for it (remote code), but it is not allowed to run"


def findings(subject: Subject) -> Iterator[Finding]:
    """At most one, about every type that is not known."""
    types = {"model_type": subject.model.model_type, **subject.model.nested_types}
    if not subject.model.model_type or reads_natively(subject):
        return
    if subject.trusts and _has_own_code(subject):
        return
    if subject.facts is not None and subject.model.model_type in subject.facts.own_model_types:
        # The engine's own class parses the whole document.
        return
    if subject.transformers is None:
        yield _not_known(subject)
        return
    known = subject.transformers.model_types | (subject.facts.own_model_types if subject.facts else frozenset())
    missing = {key: kind for key, kind in types.items() if kind not in known and not _mapped(subject, kind)}
    if "model_type" not in missing:
        # A part named after the whole (qwen3_omni_moe_talker) has its class next to it, and the whole makes it itself.
        missing = {key: kind for key, kind in missing.items() if not kind.startswith(subject.model.model_type)}
    if missing:
        yield _unknown(subject, missing)


def _has_own_code(subject: Subject) -> bool:
    """Whether the model includes the code that parses its configuration."""
    return subject.model.needs_remote_code and "AutoConfig" in subject.model.config.get("auto_map", {})


def _mapped(subject: Subject, kind: str) -> bool:
    """Whether the engine reads a type as another one, all by itself."""
    rows = tables.table("tokenizers")["mapped_types"]
    mine = (row for row in rows if (row["engine"], row["model_type"]) == (subject.engine, kind))
    return any(fits(subject.version, f">={row['since']}") for row in mine)


def _unknown(subject: Subject, missing: dict[str, str]) -> Finding:
    pinned = _pinned(subject)
    kinds = ", ".join(f"`{kind}`" for kind in dict.fromkeys(missing.values()))
    nested = all(key != "model_type" for key in missing)
    where = ", ".join(
        f"{key if key == 'model_type' else f'{key}.model_type'} is {kind}" for key, kind in missing.items()
    )
    needs_trust = _has_own_code(subject) and not subject.trusts and not nested
    # Words that could not be calculated may contain the very option that helps.
    helped = bool(subject.options.unclear) and (needs_trust or bool(subject.by.native_formats))
    # Known by its name alone, it may provide code of its own, which this launch would run.
    helped = helped or (subject.model.derived and subject.trusts and not nested)
    return subject.found(
        CODE, Severity.PROBE if helped else Severity.BLOCKER,
        f"Transformers {pinned} does not know the {'nested ' if nested else ''}model type {kinds}, so {subject.title} "
        f"stops while it reads the model's configuration{_UNTRUSTED if needs_trust else ''}.",
        f"{subject.model.source}: {where}; Transformers {pinned} has no such type.",
        "Add --trust-remote-code: the model includes the code for its configuration." if needs_trust else
        first_release.remedy(subject, f"Use a release of {subject.engine} whose own pins include a Transformers that "
                                      f"knows {kinds}; a newer Transformers under this one is not what it was built "
                                      "for."),
        _source(subject),
    )  # fmt: skip


def _not_known(subject: Subject) -> Finding:
    pinned = _pinned(subject)
    what = (
        f"Transformers {pinned} knows" if pinned else "Transformers would be installed, and which model types it knows,"
    )
    return subject.found(
        CODE, Severity.PROBE,
        f"Whether {what} the model type `{subject.model.model_type}` is not known here." if pinned else
        f"Which {what} is not known here.",
        f"{subject.model.source}: model_type is {subject.model.model_type}.",
        "Plan again with access to the package index; or, once it is installed, run "
        f"`python -c \"from transformers import AutoConfig; AutoConfig.from_pretrained('{subject.model.name}')\"`.",
        subject.model.source,
    )  # fmt: skip


def _pinned(subject: Subject) -> str:
    placed = subject.stack.packages.get("transformers")
    return placed.version if placed else ""


def _source(subject: Subject) -> str:
    return f"{subject.model.source}; {subject.transformers.source if subject.transformers else ''}"
