"""Whether the model's tokenizer can be read by what is installed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.stack import MISTRAL, TransformersFacts
from installer.knowledge import tables
from installer.knowledge.engines import definitions
from installer.knowledge.versions import fits
from installer.preflight.checks.model import first_release
from installer.preflight.checks.model.subject import Subject, reads_natively

CODE = Code.TOKENIZER_UNSUPPORTED
_ANOTHER = ("--tokenizer", "--tokenizer-path", "--skip-tokenizer-init")


def findings(subject: Subject, *, type_unknown: bool = False) -> Iterator[Finding]:
    """At most one. A tokenizer that the launch takes from elsewhere is not looked at.

    `type_unknown`: the same code that would read the configuration is missing, and that was said.
    """
    if subject.options.has(*_ANOTHER):
        return
    if _natively(subject) or subject.model.tokenizer_format:
        yield from _other_format(subject, subject.model.tokenizer_format or "tekken")
    elif subject.model.tokenizer_class:
        yield from _class(subject, subject.model.tokenizer_class, type_unknown=type_unknown)


def _natively(subject: Subject) -> bool:
    """Whether the engine takes Mistral's own tokenizer."""
    mode = subject.options.value("--tokenizer-mode") if "tokenizer_mode" in subject.by.flags else None
    return mode == MISTRAL or (mode in (None, "auto") and reads_natively(subject) and _has_tokenizer(subject))


def _has_tokenizer(subject: Subject) -> bool:
    """A launch that only sets Mistral's config still takes the tokenizer that it finds."""
    return MISTRAL in subject.model.formats


def _other_format(subject: Subject, kind: str) -> Iterator[Finding]:
    """A format that another package reads."""
    row = next((row for row in tables.table("tokenizers")["formats"] if row["format"] == kind), None)
    packages = subject.stack.packages
    if row is None or "transformers" not in packages:
        return
    # If the model's files are not listed, it may have another tokenizer as well.
    asked = _natively(subject) or subject.model.files is not None
    sure = Severity.BLOCKER if asked else Severity.PROBE
    reader = packages.get(row["package"])
    if reader is None or fits(reader.version, f">={row['since']}") is False:
        have = f"{reader.name} {reader.version} is installed" if reader else f"{row['package']} is not installed"
        yield subject.found(
            CODE, sure, f"No installed package reads the model's tokenizer ({row['file']}).",
            f"{subject.model.source}: the tokenizer is {row['file']}; {have}.",
            f"Install {row['package']}>={row['since']} as well.", _source(subject, row),
        )  # fmt: skip
    elif not subject.by.reads_tekken and fits(packages["transformers"].version, "<5.0.0rc0"):
        yield subject.found(
            CODE, sure,
            f"{subject.title} cannot read the model's tokenizer ({row['file']}).",
            f"{subject.model.source}: the only tokenizer is {row['file']}; Transformers "
            f"{packages['transformers'].version} reads it from 5.0 on.",
            first_release.remedy(subject, "Use a release of the engine that includes Transformers 5"
                                  f"{_other_reader()}."), _source(subject, row),
        )  # fmt: skip
    elif subject.by.reads_tekken and not _natively(subject) and fits(packages["transformers"].version, "<5.0.0rc0"):
        flag = subject.by.flag("tokenizer_mode")
        yield subject.found(
            CODE, Severity.PROBE,
            f"Whether {subject.title} reads the model's tokenizer ({row['file']}) without {flag} {MISTRAL} is not "
            "known.",
            f"{subject.model.source}: the only tokenizer is {row['file']}, which that mode reads; the launch does not "
            "choose it.", f"Give {flag} {MISTRAL}.", _source(subject, row),
        )  # fmt: skip


def _other_reader() -> str:
    """An engine with a reader of its own, and how it is told to take it."""
    able = [one for one in definitions.engines().values() if one.reads_tekken and one.flag("tokenizer_mode")]
    return "".join(f", or {one.title} with {one.flag('tokenizer_mode')} {MISTRAL}" for one in able)


def _class(subject: Subject, name: str, *, type_unknown: bool) -> Iterator[Finding]:
    """A class of Transformers."""
    placed = subject.stack.packages.get("transformers")
    if placed is None:
        return
    row = next((row for row in tables.table("tokenizers")["classes"] if row["class"] == name), None)
    if row is not None:
        if fits(placed.version, f"<{row['since']}"):
            yield _too_old(subject, name, row)
        return
    known = subject.transformers
    if known is None or not known.tokenizers or _has(known, name):
        return
    if subject.model.needs_remote_code:
        if not subject.trusts and not type_unknown:
            yield _own_code(subject, name, placed.version)
        return
    # From 5.0 on a class that is not there is replaced by a general one, which mostly fits.
    severity = _severity(subject) if fits(placed.version, "<5.0.0rc0") else Severity.WARNING
    yield subject.found(
        CODE, severity, f"Transformers {placed.version} has no tokenizer class `{name}`.",
        f"{subject.model.source}: tokenizer_class is {name}; Transformers {placed.version} has no such class.",
        first_release.remedy(subject, "Use a release of the engine whose own pins include a Transformers that has it."),
        f"{subject.model.source}; {known.source}",
    )  # fmt: skip


def _own_code(subject: Subject, name: str, version: str) -> Finding:
    """From Transformers 5.0 on a general class takes its place, which may or may not read it."""
    return subject.found(
        CODE, _severity(subject) if fits(version, "<5.0.0rc0") else Severity.PROBE,
        f"Transformers {version} has no tokenizer class `{name}`, and the model's own code for it is not allowed to "
        "run.",
        f"{subject.model.source}: tokenizer_class is {name}, and the model includes code of its own.",
        "Add --trust-remote-code: the model includes the code for its tokenizer.", subject.model.source,
    )  # fmt: skip


def _too_old(subject: Subject, name: str, row: Mapping[str, Any]) -> Finding:
    version = subject.stack.packages["transformers"].version
    return subject.found(
        CODE, _severity(subject),
        f"The tokenizer was saved by Transformers {row['since'].partition('.')[0]}; {version} stops with "
        f"\"Tokenizer class {name} does not exist\".",
        f"{subject.model.source}: tokenizer_class is {name}; Transformers has it from {row['since']} on, not in "
        f"{version}.",
        first_release.remedy(
            subject, f"Use a release of {subject.engine} whose own pins include Transformers {row['since']} or newer."
        ),
        _source(subject, row),
    )  # fmt: skip


def _severity(subject: Subject) -> Severity:
    """Words that could not be calculated may name another tokenizer, or another way to read this one."""
    return Severity.PROBE if subject.options.unclear else Severity.BLOCKER


def _has(known: TransformersFacts, name: str) -> bool:
    return bool(known.tokenizers.intersection({name, name.removesuffix("Fast"), f"{name}Fast"}))


def _source(subject: Subject, row: Mapping[str, Any]) -> str:
    return f"{subject.model.source}; {tables.table('tokenizers')['sources'][row['source']]}"
