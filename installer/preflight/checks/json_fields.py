"""The fields inside options that take JSON (`--compilation-config '{…}'`, `-cc.mode 3`): would the release take them?

Checks by what the release's own classes say; of an option whose fields are not known, nothing is said. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from installer.core.files import foreign_json
from installer.core.outcomes import Code, Severity
from installer.core.plans.launch_arguments import UNKNOWN_WORD, Use
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts
from installer.core.text.quantities import first
from installer.knowledge.engines import launch_reader, shipped
from installer.knowledge.engines.json_fields import IGNORED, REFUSED, UNCHECKED

_RESTS = (REFUSED, IGNORED, UNCHECKED)
_TOLD = 8
_TRUTHS = ("true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n")
_ASKED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list",
    "dict": "an object",
}


def findings(launch: Launch, known: EngineFacts) -> Iterator[Finding]:
    """One finding for all the unknown fields of one option, and one for each value that its field does not take."""
    for use in launch_reader.read(launch, known).uses if known.fields else ():
        option = next((name for name in use.flag.names if name in known.fields), "") if use.flag else ""
        if option and not use.problem and not any(UNKNOWN_WORD in value for value in use.values):
            yield from _Fields(launch, known, use, option).findings()


@dataclass(frozen=True, slots=True)
class _Fields:
    """One use of one option."""

    launch: Launch
    known: EngineFacts
    use: Use
    option: str

    def findings(self) -> Iterator[Finding]:
        given = list(self._given())
        unknown = [path for path, _, sort in given if not sort]
        if unknown:
            yield self._unknown(unknown)
        for path, value, sort in given:
            if sort and sort not in _RESTS and not _takes(sort, value):
                yield self._refused(path, value, sort)

    def _given(self) -> Iterator[tuple[str, Any, str]]:
        """Every field that is given, its value, and what it takes; nothing if the class has no such field."""
        path, value = self.use.path, _parsed(" ".join(self.use.values))
        if path:
            value = [value] if path.endswith("+") and not isinstance(value, list) else value
            for part in reversed(path.removesuffix("+").split(".")):
                value = {part: value}
        if isinstance(value, dict):
            yield from self._inside(self.option, value)

    def _inside(self, path: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
        checked = self.known.fields[path] != UNCHECKED
        for name, inner in value.items():
            inside = f"{path}.{name}"
            sort = self.known.fields.get(inside) or self.known.fields.get(inside.replace("-", "_"), "")
            yield inside, inner, sort if checked or not sort else "any"
            if sort in _RESTS and isinstance(inner, dict) and inside in self.known.fields:
                yield from self._inside(inside, inner)

    def _unknown(self, paths: list[str]) -> Finding:
        ends = any(self.known.fields[path.rpartition(".")[0]] != IGNORED for path in paths)
        names = [path.removeprefix(f"{self.option}.") for path in paths]
        told, option = first(names, _TOLD), self.use.word
        refused = f"{self._name} refuses {told} in {option}, so the server does not start."
        ignored = f"{self._name} silently ignores {told} in {option}."
        close = next(iter(get_close_matches(names[0].rpartition(".")[2], self._siblings(paths[0]), 1, 0.6)), "")
        return self._say(
            f"{option} {', '.join(names)}", refused if ends else ignored, self._evidence(names, paths),
            f"Write {close} instead of {names[0]}." if close else f"Leave {told} out.",
            Severity.BLOCKER if ends else Severity.WARNING,
        )  # fmt: skip

    def _evidence(self, names: list[str], paths: list[str]) -> str:
        fields = self._siblings(paths[0])
        count, shown = len(fields), first(fields, _TOLD)
        pairs = zip(names, paths, strict=True)
        histories = "; ".join(f"{name}: {where}" for name, path in pairs if (where := self._history(path)))
        if histories:
            return f"The release has {count} fields there: {shown}. Releases with it: {histories}."
        return f"The release has {count} fields there: {shown}. No known release has this one."

    def _siblings(self, path: str) -> list[str]:
        """The other fields than one."""
        place = path.rpartition(".")[0]
        return sorted(name.rpartition(".")[2] for name in self.known.fields if name.rpartition(".")[0] == place)

    def _history(self, path: str) -> str:
        return shipped.field_history(self.known.engine).get(path, "")

    def _refused(self, path: str, value: Any, sort: str) -> Finding:
        name = path.removeprefix(f"{self.option}.")
        options = sort.removeprefix("one ").split("|") if sort.startswith("one ") else []
        must = f"one of {first(options, _TOLD)}" if options else _ASKED[sort]
        close = next(iter(get_close_matches(str(value), options, 1, 0.6)), "")
        return self._say(
            f"{self.use.word} {name}={value}",
            f"{self._name} does not accept {value} for {name} in {self.use.word}, so the server does not start.",
            f"It must be {must}.", f"Write {close}." if close else f"Give {name} {must}.", Severity.BLOCKER,
        )  # fmt: skip

    @property
    def _name(self) -> str:
        return f"{self.known.engine} {self.known.version}"

    def _say(self, subject: str, summary: str, evidence: str, fix: str, severity: Severity) -> Finding:
        return Finding(
            code=Code.FLAG_VALUE, severity=severity, stage=10, subject=subject, summary=summary, evidence=evidence,
            fix=fix, source=self.known.source, line=self.launch.line,
        )  # fmt: skip


def _parsed(text: str) -> Any:
    try:
        return foreign_json.loads(text)
    except ValueError:
        return text


def _takes(sort: str, value: Any) -> bool:
    """Whether a field could take a value, as pydantic converts it; in doubt, it does."""
    if value is None:
        return True
    if sort.startswith("one "):
        plain = str(value).lower() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        return plain in sort.removeprefix("one ").lower().split("|")
    match sort:
        case "int" | "float":
            return isinstance(value, (int, float)) or (isinstance(value, str) and _is_number(value, sort))
        case "bool":
            return value in (True, False) or (isinstance(value, str) and value.lower() in _TRUTHS)
        case "str":
            return isinstance(value, str)
        case "list" | "dict":
            return isinstance(value, {"list": list, "dict": dict}[sort])
    return True


def _is_number(text: str, sort: str) -> bool:
    try:
        (int if sort == "int" else float)(text)
    except ValueError:
        return False
    return True
