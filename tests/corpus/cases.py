"""The cases of the corpus: what is asked of the product, what should come, and what came. Checks nothing itself.

A case is a pair of files: NAME.yaml and NAME.sh (or the name of a shipped recipe in place of the script).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from installer.core.machine.facts import MachineFacts
from installer.core.machine.loader import parse

HERE = Path(__file__).parent
KINDS = ("rows", "complaints", "good")
Finding = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """A finding that should come: one of these codes, and in its text a word that shows that the cause is right."""

    codes: tuple[str, ...]
    says: str = ""

    @classmethod
    def read(cls, text: str) -> Expected:
        codes, _, says = text.partition(": ")
        return cls(tuple(codes.split("|")), says)

    def __str__(self) -> str:
        return " or ".join("a probe" if code == "@probe" else f"`{code}`" for code in self.codes)

    def met_by(self, finding: Finding) -> bool:
        told = " ".join(str(finding[key]) for key in ("subject", "summary", "evidence"))
        named = finding["code"] in self.codes or f"@{finding['severity']}" in self.codes
        return named and finding["severity"] != "info" and bool(re.search(self.says, told))


@dataclass(frozen=True)
class Answer:
    """What the product said of one run."""

    verdict: str
    findings: tuple[Finding, ...]
    seconds: float = 0.0
    error: str = ""

    def of(self, severity: str) -> list[Finding]:
        return [finding for finding in self.findings if finding["severity"] == severity]


@dataclass(frozen=True)
class Run:
    """One question: this script, on this machine, for this model."""

    kind: str
    name: str
    what: str
    machine: str
    model: str
    as_of: str
    expected: tuple[Expected, ...]
    verdicts: tuple[str, ...]
    never: frozenset[str]
    recipe: str = ""
    row: str = ""
    predictable: str = ""
    quiet: bool = True
    """Of a good one: whether not even a warning should come."""
    soft: bool = False
    """Whether missing it is counted but held against nobody: nobody asked for it."""
    offline: bool = False
    """Whether it must be foreseen with no network and nothing kept."""

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}[{self.model}@{Path(self.machine).name}]"

    @property
    def script(self) -> Path:
        return HERE / self.kind / f"{self.name}.sh"

    @property
    def facts(self) -> MachineFacts:
        file = HERE / "machines" / f"{self.machine}.yaml"
        return parse(file.read_text(encoding="utf-8"), str(file))

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        asked = ("plan", "--recipe", self.recipe) if self.recipe else ("audit", str(self.script))
        model = () if self.model == "none" else ("--model-config", str(HERE / "models" / self.model))
        machine = ("--machine", str(HERE / "machines" / f"{self.machine}.yaml"))
        return (*asked, *machine, *model, "--as-of", self.as_of, "--json")

    def missed(self, answer: Answer) -> list[Expected]:
        return [wanted for wanted in self.expected if not any(wanted.met_by(finding) for finding in answer.findings)]

    def false_alarms(self, answer: Answer) -> list[Finding]:
        """Blockers that are wrong: any where the stack is good, else those of the codes that cannot be the cause."""
        return [finding for finding in answer.of("blocker") if self.kind == "good" or finding["code"] in self.never]

    def noise(self, answer: Answer) -> list[Finding]:
        """Of a good stack: what is said above the rank of information."""
        loud = [*answer.of("warning"), *answer.of("probe")]
        return loud if self.kind == "good" and self.quiet else []


def _tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _read(file: Path) -> Iterator[Run]:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    good = file.parent.name == "good"
    for run in case["runs"]:
        told = {**case, **run}
        yield Run(
            kind=file.parent.name,
            name=file.stem,
            what=case["what"],
            machine=told["machine"],
            model=told["model"],
            as_of=str(told["as_of"]),
            expected=tuple(map(Expected.read, told.get("expect", ()))),
            verdicts=_tuple(told.get("verdict", ("works", "unknown") if good else "fails")),
            never=frozenset(told.get("never", ())),
            recipe=told.get("recipe", ""),
            row=str(told.get("row", "")),
            predictable=_word(told.get("predictable", "")),
            quiet=told.get("quiet", True),
            soft=told.get("soft", False),
            offline=told.get("offline", False),
        )


def _word(value: Any) -> str:
    """YAML reads a bare `yes` as a truth."""
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else str(value)


def load() -> list[Run]:
    return [run for kind in KINDS for file in sorted((HERE / kind).glob("*.yaml")) for run in _read(file)]


def ask(run: Run, home: Path, *more: str) -> Answer:
    """Ask the product as a user would, in a process of its own."""
    command = [sys.executable, "-m", "installer", *run.arguments, "--home", str(home), *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    return read_answer(done.stdout, done.stderr, done.returncode)


def read_answer(stdout: str, stderr: str, status: int) -> Answer:
    try:
        document = json.loads(stdout)
    except json.JSONDecodeError:
        return Answer("error", (), error=f"status {status}: {stderr.strip()[-600:]}")
    return Answer(document["verdict"], tuple(document["findings"]), document["seconds"])


def main(names: Sequence[str]) -> None:
    """`python -m tests.corpus.cases HOME WORD…`: ask what has one of the words in its key, and print what came."""
    home = Path(names[0])
    chosen = [run for run in load() if len(names) == 1 or any(word in run.key for word in names[1:])]
    with ThreadPoolExecutor(2) as pool:
        for run, answer in zip(chosen, pool.map(lambda run: ask(run, home), chosen), strict=True):
            print("\n".join(_told(run, answer)), flush=True)


def _told(run: Run, answer: Answer) -> Iterator[str]:
    missed, alarms, noise = run.missed(answer), run.false_alarms(answer), run.noise(answer)
    well = answer.verdict in run.verdicts and not (missed or alarms or noise)
    yield f"{'ok  ' if well else 'BAD '} {run.key}  {answer.verdict} {answer.seconds} s {answer.error}"
    yield from (f"       missed {wanted} ~ {wanted.says}" for wanted in missed)
    for finding in answer.findings if not well else ():
        mark = "ALARM" if finding in alarms else "noise" if finding in noise else "     "
        words = [
            str(finding[key])[:260] for key in ("severity", "code", "line", "subject", "summary", "evidence", "fix")
        ]
        yield f"       {mark} {' | '.join(words)}"


if __name__ == "__main__":
    main(sys.argv[1:])
