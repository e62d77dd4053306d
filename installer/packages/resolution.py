"""Resolves a whole deployment at once, with uv's own resolver, before anything is installed.

All requirements of the stages 3 to 7 are solved together, so that what an early stage installs is what the engine
wants in the end; then each package is given to the stage that installs it. An answer is kept by the digest of its
question. Nothing is downloaded but metadata, and no environment is touched.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from installer.core.contracts.host import Completed, Host
from installer.core.errors import DeployError, PredictedError
from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code
from installer.core.packages.lock import IMAGE, Lock, LockedPackage
from installer.core.packages.sources import Sources
from installer.core.recipes.file import PACKAGE_STAGES
from installer.core.recipes.recipe import Index, Recipe
from installer.core.runs.home import Home
from installer.core.secrets import redact
from installer.packages import index_availability, pylock, target, uv
from installer.packages.lock_files import keep, kept
from installer.packages.stage_assignment import Choice, constraints, overrides, stages_of, to_install

if TYPE_CHECKING:
    from installer.packages.resolver_errors import Refusal

_MOST_TRIES = 12
_FORMAT = 4
"""Raised when the meaning of a kept resolution changes."""


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that decides the answer of a resolution."""

    recipe: Recipe
    python: str
    platform: str
    sources: Sources
    base: Mapping[str, str]
    as_of: str | None = None
    offline: bool = False
    reuse: Mapping[str, str] = field(default_factory=dict)
    """Versions of what is taken from the machine's own Python."""
    brief: bool = False
    """Whether a network that does not answer is given up after seconds; has no say in the answer."""

    @property
    def key(self) -> str:
        sections = {name: asdict(self.recipe.package_stage(name)) for name in PACKAGE_STAGES}
        question = {
            "format": _FORMAT,
            "sections": sections,
            "indexes": [asdict(index) for index in self.recipe.indexes],
            "python": self.python,
            "platform": self.platform,
            "sources": uv.identity(self.sources, self.base),
            "as_of": self.as_of,
            **({"reuse": dict(self.reuse)} if self.reuse else {}),
        }
        return hashlib.sha256(json.dumps(question, sort_keys=True, default=str).encode()).hexdigest()[:20]


def ask(
    recipe: Recipe,
    facts: MachineFacts,
    host: Host,
    *,
    as_of: str | None = None,
    offline: bool = False,
    brief: bool = False,
) -> Question:
    """The question that `recipe` on `facts` puts to the indexes."""
    python, _ = target.python_version(recipe, facts)
    return Question(
        recipe, python, target.platform(facts), host.sources(), host.environment(), as_of, offline,
        target.reused(recipe, facts), brief,
    )  # fmt: skip


def known(question: Question, home: Home) -> Lock | None:
    """The kept answer, if this question was answered before."""
    return kept(home.locks / f"{question.key}.json")


def resolve(question: Question, host: Host, home: Home) -> Lock:
    """The packages of every stage. Raises `PredictedError` if no alternative of the recipe has a solution."""
    if lock := known(question, home):
        return lock
    unreachable = {} if question.offline else index_availability.unreachable(host, _asked_indexes(question.recipe))
    notices = [_unreachable_notice(question.recipe, name, why) for name, why in unreachable.items()]
    desk = _ResolverFiles(question, host, home, home.cache / "resolving" / question.key)
    failures: list[Refusal] = []
    for choice in islice(_choices(question.recipe), _MOST_TRIES):
        done = desk.solve(choice, set(unreachable))
        if done.code == 0:
            tried = map(_fallback_notice, dict.fromkeys(failure.explanation for failure in failures))
            lock = desk.locked(choice, (*notices, *tried))
            keep(lock, home.locks / f"{question.key}.json")
            return lock
        from installer.packages.resolver_errors import classify

        failures.append(classify(done.output))
        _stop_if_network(failures[-1], question)
    raise PredictedError(
        f"The packages of the recipe {question.recipe.name} cannot be resolved.",
        failures[-1].explanation if failures else "The recipe lists no packages.",
        "Change the versions in the recipe, or name an index that has them.",
        code=failures[-1].code if failures else Code.DEPENDENCY_CONFLICT,
    )


@dataclass(frozen=True, slots=True)
class _ResolverFiles:
    """Where one question is worked on: a folder with the files that uv reads and writes."""

    question: Question
    host: Host
    home: Home
    folder: Path

    def solve(self, choice: Choice, unreachable: set[str]) -> Completed:
        """Ask uv for a solution of `choice`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "pyproject.toml").write_text(_project(self.question, choice, unreachable), encoding="utf-8")
        (self.folder / "overrides.txt").write_text(overrides(choice), encoding="utf-8")
        (self.folder / "constraints.txt").write_text(constraints(self.question.reuse), encoding="utf-8")
        return self._compile("--format", "pylock.toml", "-o", "pylock.toml")

    def locked(self, choice: Choice, notices: Sequence[str]) -> Lock:
        """The solution that uv wrote, each package with its stage."""
        annotated = self._annotated()
        text = (self.folder / "pylock.toml").read_text(encoding="utf-8")
        text = pylock.with_indexes(text, pylock.indexes(annotated))
        graph = pylock.parents(annotated)
        stages = stages_of(choice, graph)
        reuse = self.question.reuse
        text = pylock.only(text, to_install(choice, graph, reuse)) if reuse else text
        packages = [_package(entry, stages, self.question.recipe) for entry in pylock.packages(text)]
        packages += [LockedPackage(name, reuse[name], stages[name], IMAGE, "", 0) for name in reuse if name in stages]
        return Lock(
            key=self.question.key,
            python=self.question.python,
            platform=self.question.platform,
            packages=tuple(packages),
            chosen=tuple((stage, taken.because) for stage, taken in choice.items() if taken.because),
            notices=tuple(notices),
            pylock=text,
        )

    def _annotated(self) -> str:
        """Who needs whom, and whence: the same solution once more, from the cache, with uv's annotations."""
        wanted = ("--annotation-style", "line", "--emit-index-annotation", "-o", "annotated.txt")
        done = self._compile(*wanted, from_cache=True)
        if done.code != 0:
            done = self._compile(*wanted)
        if done.code != 0:
            from installer.packages.resolver_errors import conflict_sentence

            raise DeployError("The resolved packages could not be assigned to stages.", conflict_sentence(done.output))
        return (self.folder / "annotated.txt").read_text(encoding="utf-8")

    def _compile(self, *more: str, from_cache: bool = False) -> Completed:
        question = self.question
        offline = question.offline or from_cache
        command = [
            self.host.uv(), "pip", "compile", "pyproject.toml", "--no-header", "--color", "never", "--no-progress",
            "--python-version", question.python, "--python-platform", question.platform,
            "--python", self.host.python(question.python) or sys.executable, "--overrides", "overrides.txt",
            *(("--constraint", "constraints.txt") if question.reuse else ()), *more,
            *uv.source_flags(question.sources, question.base, offline=offline),
        ]  # fmt: skip
        if question.as_of:
            command += ["--exclude-newer", question.as_of]
        environment = uv.environment(question.base, self.home, question.sources) | {"UV_PYTHON_DOWNLOADS": "never"}
        environment |= uv.addresses(question.sources, question.base)
        if question.brief:
            environment = uv.BRIEF | environment | {"UV_HTTP_TIMEOUT": uv.BRIEF["UV_HTTP_TIMEOUT"]}
        return self.host.run(command, environment=environment, folder=self.folder)


def _choices(recipe: Recipe) -> Iterator[Choice]:
    """Every combination of alternatives, the recipe's order first."""
    stages = [name for name in PACKAGE_STAGES if recipe.package_stage(name).alternatives]
    for taken in product(*(recipe.package_stage(name).alternatives for name in stages)):
        yield dict(zip(stages, taken, strict=True))


def _asked_indexes(recipe: Recipe) -> dict[Index, str]:
    """The indexes that any alternative uses, each with a package to ask it for."""
    wanted: dict[str, str] = {}
    for stage in PACKAGE_STAGES:
        for taken in recipe.package_stage(stage).alternatives:
            if taken.index and taken.requires:
                wanted.setdefault(taken.index, pylock.requirement_name(taken.requires[0]))
    return {index: wanted[index.name] for index in recipe.indexes if index.name in wanted}


def _project(question: Question, choice: Choice, unreachable: set[str]) -> str:
    """A pyproject.toml that requires everything at once, each package from the index its stage names."""
    requires = [requirement for taken in choice.values() for requirement in taken.requires]
    pinned = {
        pylock.requirement_name(requirement): taken.index
        for taken in choice.values()
        for requirement in taken.requires
        if taken.index
        and taken.index not in unreachable
        and not index_availability.in_folder(question.sources, requirement)
    }
    lines = [
        "[project]",
        'name = "deployment"',
        'version = "0"',
        f'requires-python = ">={question.python}"',
        f"dependencies = {json.dumps(requires)}",
    ]
    for index in question.recipe.indexes:
        if index.name in pinned.values():
            url = json.dumps(index.url)
            lines += ["[[tool.uv.index]]", f'name = "{index.name}"', f"url = {url}", "explicit = true"]
    for name in _without_dependencies(choice):
        lines += ["[[tool.uv.dependency-metadata]]", f'name = "{name}"', "requires-dist = []"]
    lines += ["[tool.uv.sources]", *(f'{name} = {{index = "{index}"}}' for name, index in pinned.items())]
    return "\n".join(lines) + "\n"


def _without_dependencies(choice: Choice) -> list[str]:
    """The packages whose own requirements do not count."""
    named = (pylock.requirement_name(line) for taken in choice.values() if taken.no_deps for line in taken.requires)
    return list(dict.fromkeys(named))


def _package(entry: Mapping[str, object], stages: Mapping[str, str], recipe: Recipe) -> LockedPackage:
    wheel = pylock.best_wheel(entry)
    url, size = str(wheel.get("url") or wheel.get("path") or ""), wheel.get("size")
    name = canonicalize_name(str(entry["name"]))
    return LockedPackage(
        name=name,
        version=str(entry["version"]),
        stage=stages.get(name, "dependencies"),
        source=_source(url, str(entry.get("index") or ""), recipe),
        url=url,
        bytes=size if isinstance(size, int) else None,
    )


def _source(url: str, index: str, recipe: Recipe) -> str:
    """Where a package comes from, in the recipe's own words."""
    if "://" not in url or url.startswith("file:"):
        return "folder"
    return next((named.name for named in recipe.indexes if index.startswith(named.url.rstrip("/"))), "default")


def _stop_if_network(refusal: Refusal, question: Question) -> None:
    # Offline, every refusal may rest on what only the index knows.
    if refusal.code != Code.NETWORK and not question.offline:
        return
    if question.offline:
        raise PredictedError(
            "The packages cannot be resolved without the network.",
            refusal.explanation,
            "Run once with network access, or leave out --offline.",
            code=Code.NETWORK,
        )
    raise PredictedError(
        "The package index cannot be reached.",
        refusal.explanation,
        "Check the network, or name a mirror in pip's configuration (`pip config set global.index-url URL`).",
        code=Code.NETWORK,
    )


def _unreachable_notice(recipe: Recipe, name: str, why: str) -> str:
    url = redact(next(index.url for index in recipe.indexes if index.name == name))
    return f"The index {name} ({url}) cannot be used: {why}. Its packages are searched in the machine's own sources."


def _fallback_notice(failure: str) -> str:
    return f"The first choice of packages has no solution here; the next one is used: {failure}"
