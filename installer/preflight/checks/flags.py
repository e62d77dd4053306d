"""Checks the command that starts the server: would the parser of that very release take it, and as what was meant?

Yields `flag-unknown`, `flag-ambiguous`, `flag-wrong-meaning` and `flag-value`. Words that could not be calculated are
never checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.launch_arguments import Use, UseProblem
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts, Lookups, Stack
from installer.core.text.quantities import first
from installer.knowledge.engines import definitions, intervals, launch_reader, refused_values, shipped, unread_variables
from installer.knowledge.engines.parser import expected
from installer.knowledge.engines.replacements import replacement, same_meaning, table
from installer.preflight.checks import json_fields, speculative, unknown_release

_STAGE = 10
_TOLD = 8


def check(stack: Stack, facts: MachineFacts, lookups: Lookups) -> Iterator[Finding]:
    launch, engine = stack.launch, definitions.engine_package(stack)
    if launch is None or not launch.engine:
        return
    if engine is None:
        in_image = any(placed.source == "image" for placed in stack.packages.values())
        yield from unknown_release.findings(launch, reported=stack.model is not None and not in_image)
        return
    known = lookups.engine(launch.engine, engine.version)
    if known is None:
        if launch_reader.read(launch).uses:
            yield _not_known(launch, engine.version)
        return
    of_variables = (*refused_values.findings(launch, known), *unread_variables.findings(launch, known, stack))
    of_drafts = speculative.findings(stack, known, launch_reader.of(stack))
    of_fields = json_fields.findings(launch, known)
    yield from (*_FlagChecks(launch, known).findings(), *of_fields, *of_variables, *of_drafts)


@dataclass(frozen=True, slots=True)
class _FlagChecks:
    """One launch by one release."""

    launch: Launch
    known: EngineFacts

    def findings(self) -> Iterator[Finding]:
        uses = launch_reader.read(self.launch, self.known).uses
        foreign = [use for use in uses if self._is_foreign(use)]
        if len(foreign) > 1:
            yield self._of_another_engine(foreign)
            uses = tuple(use for use in uses if use not in foreign)
        yield from filter(None, map(self._checked, uses))
        for row in table()["ignored"]:
            use = next((one for one in uses if one.flag and row["flag"] in one.flag.names), None)
            if use is not None and row["engine"] == self.known.engine and _applies(row, uses, self.known):
                yield self._ignored(use, row)

    def _checked(self, use: Use) -> Finding | None:
        match use.problem:
            case UseProblem.UNKNOWN:
                return self._unknown(use)
            case UseProblem.AMBIGUOUS:
                return self._ambiguous(use)
            case UseProblem.STRAY:
                return self._unexpected_words(use)
            case UseProblem.NONE:
                return self._retired(use) or self._wrong_meaning(use)
        return self._value(use)

    def _is_foreign(self, use: Use) -> bool:
        """Whether no release of this engine had it, and another engine has."""
        known = self.known
        if (
            use.problem != UseProblem.UNKNOWN
            or self._elsewhere(use.word)
            or use.word in shipped.flag_history(known.engine)
        ):
            return False
        return bool(shipped.others_with(use.word, known.engine))

    def _of_another_engine(self, uses: Sequence[Use]) -> Finding:
        """Several options that were written for another engine: one cause, so one finding."""
        words = list(dict.fromkeys(use.word for use in uses))
        others = dict.fromkeys(other for word in words for other in shipped.others_with(word, self.known.engine))
        theirs = " and ".join(others)
        fixes = [self._instead(use, f"Leave {use.word} out.") for use in uses]
        return self._say(
            Code.FLAG_UNKNOWN, ", ".join(words),
            f"{self._name} does not know {first(words, _TOLD)}, so the server exits immediately with a usage error.",
            f"Its parser has {len(self.known.flags)} options; these are flags of {theirs}, and no "
            f"release of {self.known.engine} has them.",
            " ".join(dict.fromkeys(fixes)),
        )  # fmt: skip

    def _unknown(self, use: Use) -> Finding:
        if self._elsewhere(use.word) or shipped.around(self.known.engine, self.known.version, use.word):
            return self._doubted(use)
        return self._say(
            Code.FLAG_UNKNOWN, use.word,
            f"{self._name} does not know {use.word}, so the server exits immediately with a usage error.",
            f"Its parser has {len(self.known.flags)} options, and this is not one of them; {self._history(use.word)}.",
            self._instead(use, f"Leave {use.word} out."),
        )  # fmt: skip

    def _why_doubted(self, word: str) -> str:
        return "another package may add it" if self._elsewhere(word) else self._history(word)

    def _elsewhere(self, word: str) -> bool:
        """Whether another package adds a flag to the engine's parser."""
        return any(row["engine"] == self.known.engine and row["flag"] == word for row in table()["elsewhere"])

    def _doubted(self, use: Use) -> Finding:
        return self._say(
            Code.FLAG_UNKNOWN, use.word, f"Whether {self._name} knows {use.word} is not certain.",
            f"It was not found in its sources, but {self._why_doubted(use.word)}.",
            f"Start {self.known.engine} with --help in that environment and look for {use.word}.",
            severity=Severity.PROBE,
        )  # fmt: skip

    def _ambiguous(self, use: Use) -> Finding:
        shown = " and ".join(use.matches) if len(use.matches) < 3 else ", ".join((*use.matches[:3], "…"))
        return self._say(
            Code.FLAG_AMBIGUOUS, use.word,
            f"{self._name} has no {use.word} and the abbreviation is ambiguous, so the server exits immediately.",
            f"It could mean {shown}; {self._history(use.word)}.",
            self._instead(use, f"Write one of them in full: {shown}."),
        )  # fmt: skip

    def _unexpected_words(self, use: Use) -> Finding:
        return self._say(
            Code.FLAG_UNKNOWN, use.word,
            f'{self._name} cannot parse the word "{use.word}", so the server exits immediately.',
            "It follows an option that is already complete, and the parser accepts no positional arguments.",
            f'Remove "{use.word}", or quote the value that it belongs to.',
        )  # fmt: skip

    def _wrong_meaning(self, use: Use) -> Finding | None:
        """A prefix that the parser takes, although it was a flag of its own in another release, or is one elsewhere."""
        if use.flag is None or use.exact or not use.word.startswith("--"):
            return None
        theirs = [engine for engine in definitions.engines() if use.word in shipped.flag_history(engine)]
        if not theirs or same_meaning(use.word, use.flag.names, self.known.engine):
            return None
        taken = use.matches[0]
        return self._say(
            Code.FLAG_WRONG_MEANING, use.word,
            f"{self._name} silently reads {use.word} as {taken}, which does something else.",
            f"{taken} is the only option with that prefix; {self._history(use.word)}.",
            self._instead(
                Use(use.word, problem=UseProblem.UNKNOWN), f"Leave it out, or write {taken} if you mean that."
            ),
            severity=Severity.BLOCKER if self.known.engine in theirs else Severity.WARNING,
        )  # fmt: skip

    def _retired(self, use: Use) -> Finding | None:
        flag = use.flag
        if flag is None or not (flag.refused or flag.deprecated):
            return None
        if flag.refused:
            return self._say(
                Code.FLAG_UNKNOWN, use.word,
                f"{self._name} has removed {use.word}: it only prints an error about it.",
                f"Its parser raises an error for it; {self._history(use.word)}.",
                self._instead(use, f"Leave {use.word} out."),
            )  # fmt: skip
        return self._say(
            Code.FLAG_UNKNOWN, use.word, f"{self._name} accepts {use.word}, which is deprecated.",
            "Its parser marks it as deprecated.", self._instead(use, "No change is needed for this release."),
            severity=Severity.INFO,
        )  # fmt: skip

    def _value(self, use: Use) -> Finding | None:
        if use.flag is None:
            return None
        given, wanted = " ".join(use.values), expected(use.flag)
        close = next(iter(get_close_matches(given, use.flag.choices, 1, 0.75)), "")
        summary, fix = f'{self._name} does not accept "{given}" for {use.word}', f"Give {use.word} {wanted}."
        if use.problem == UseProblem.NO_VALUE:
            summary = f"{use.word} has no value, which {self._name} requires"
        elif use.problem == UseProblem.BARE:
            summary = f'{use.word} is a switch of {self._name} and takes no value, but "{given}" was given'
            fix = f"Write {use.word} alone, or leave it out."
        elif use.problem == UseProblem.CHOICE:
            fix = f"Write {use.word} {close}." if close else f"Leave {use.word} out, or give it one of those."
        subject = f"{use.word} {given}".strip()
        return self._say(
            Code.FLAG_VALUE, subject, f"{summary}, so the server exits immediately.", f"It expects {wanted}.", fix
        )

    def _ignored(self, use: Use, row: Mapping[str, Any]) -> Finding:
        """A flag that is taken and then not used, because of what another one says."""
        other, value = row["when"]
        better = next((words for words in row["use"] if any(words in flag.names for flag in self.known.flags)), "")
        return self._say(
            Code.FLAG_WRONG_MEANING, use.word, f"{use.word} has no effect with {other} {value}.", f"{row['why']}.",
            f"Use {better} instead." if better else "Leave it out.",
            severity=Severity.WARNING, source=str(table()["sources"][row["source"]]),
        )  # fmt: skip

    @property
    def _name(self) -> str:
        return f"{self.known.engine} {self.known.version}"

    def _history(self, word: str) -> str:
        """Which releases had a flag, in words."""
        engine = self.known.engine
        own = shipped.flag_history(engine).get(word)
        if own:
            return f"{engine} has it in releases {intervals.in_words(own)}"
        others = shipped.others_with(word, engine)
        whose = f": it is a flag of {' and '.join(others)}" if others else ""
        return f"no release of {engine} has it{whose}"

    def _instead(self, use: Use, otherwise: str) -> str:
        better = replacement(use, self.known)
        if better is None:
            return otherwise
        return f"Write {better.words} instead of {use.word}." if better.words else f"Leave {use.word} out."

    def _say(
        self, code: Code, subject: str, *texts: str, severity: Severity = Severity.BLOCKER, source: str = ""
    ) -> Finding:
        """`texts`: what would go wrong, the facts that clash, what to do."""
        summary, evidence, fix = texts
        source = source or self.known.source
        return Finding(
            code=code,
            severity=severity,
            stage=_STAGE,
            subject=subject,
            summary=summary,
            evidence=evidence,
            fix=fix,
            source=source,
            line=self.launch.line,
        )


def _applies(row: Mapping[str, Any], uses: Sequence[Use], known: EngineFacts) -> bool:
    """Whether the other flag of a row has the row's value, or that is its default."""
    from packaging.version import InvalidVersion, Version

    name, value = row["when"]
    other = next((one for one in uses if one.flag and name in one.flag.names), None)
    if other is not None:
        return other.values == (value,)
    try:
        return Version(known.version) >= Version(str(row["default_from"]))
    except InvalidVersion:
        return False


def _not_known(launch: Launch, version: str) -> Finding:
    name = f"{launch.engine} {version}".strip()
    return Finding(
        code=Code.FLAG_UNKNOWN, severity=Severity.PROBE, stage=_STAGE, subject=name,
        summary=f"Whether {name} takes the flags of the launch is not known: there is no information about that "
        f"release.",
        evidence="Neither its wheel nor shipped knowledge about it could be read.",
        fix=f"Start {launch.engine} with --help in that very environment and compare, or name the release.",
        source="installer/knowledge/engines", line=launch.line,
    )  # fmt: skip
