"""Reads a Dockerfile: the stages that its last one is built from, their instructions as shell. Builds nothing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from installer.core.files import foreign_json
from installer.shell.documents.document import ENTRY, Document, placed

_BEGINS = re.compile(r"^\s*([A-Za-z]+)\s+(.*)$", re.DOTALL)
_HEREDOC = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?")
_FLAG = re.compile(r"^\s*--[a-z-]+(=\S+)?\s*(\\\n)?")
_PACKAGES = re.compile(
    r"-packages(/|$)|(^|/)(\.local|\.?venv|env|install|opt/conda)(/|$)|^/usr/local/?$|^/opt/?$|^/app/?$"
)
_INSTALLS = re.compile(
    r"\bpip3?\s+install\b|\buv\s+(pip|sync|add)\b|\bpoetry\s+install\b|\bconda\s+(install|create|env)\b"
)
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)")


@dataclass(slots=True)
class _Stage:
    base: str
    name: str
    line: int
    pieces: dict[int, str] = field(default_factory=dict)
    taken: list[tuple[str, str]] = field(default_factory=list)
    """From which other stage which path is copied."""
    entry: list[str] | None = None
    """`None`: that of the image below; empty: none."""
    command: list[str] = field(default_factory=list)
    starts: int = 0
    """The line that says last what a container runs."""
    last: int = 0


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image as a Dockerfile makes it."""

    base: str
    pieces: dict[int, str]
    """What is run while it is built, as shell, by its line."""
    entry: tuple[str, ...] | None
    """`None`: that of the base; empty: none."""
    command: tuple[str, ...]
    """What is given to the entry point where `docker run` gives nothing."""
    line: int
    """Where a container starts, behind everything that is run before."""

    @property
    def starts(self) -> tuple[str, ...]:
        """What a container runs that is given no words of its own."""
        return self.with_words(self.command)

    def with_words(self, words: Sequence[str]) -> tuple[str, ...]:
        """What a container runs that is given these words."""
        if not self.entry:
            return ((ENTRY, *words) if self.entry is None else tuple(words)) if words else ()
        # The shell form takes nothing from outside, and a command in shell form is given to the entry point as text.
        taken = words[2:] if tuple(words[:2]) == _SHELL else words
        return self.entry if self.entry[:2] == _SHELL else (*self.entry, *taken)


_SHELL = ("sh", "-c")


def read(text: str, _: str) -> Document | None:
    """The whole file; `None` if it has no stage."""
    found = recipe(text)
    if found is None:
        return None
    start = {found.line: shlex.join(found.starts)} if found.starts else {}
    built = tuple(range(line, line + piece.count("\n") + 1) for line, piece in found.pieces.items())
    return Document("Dockerfile", placed({**found.pieces, **start}), found.base, built)


def recipe(text: str, given: Mapping[str, str] | None = None, target: str = "", folder: str = "") -> Recipe | None:
    """The image of the last stage, or of `target`; `None` if there is no such stage.

    `given`: the build arguments. `folder`: the build's own, seen from that of the script.
    """
    read = _Reading(given or {}, f"$PWD/{folder}".rstrip("/") if folder not in ("", ".") else "$PWD")
    stages: list[_Stage] = []
    for line, word, rest in _instructions(text):
        if word == "FROM":
            stages.append(_stage(line, rest, read.arguments))
        elif word == "ARG" and not stages:
            name, value = read.argument(rest)
            read.arguments[name] = value or ""
        elif stages:
            _add(stages[-1], line, word, rest, read)
    named = _by_name(stages)
    last = named.get(target.lower()) if target else stages[-1] if stages else None
    return _recipe(last, named) if last else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a build is given from outside."""

    given: Mapping[str, str]
    place: str
    """Its folder, as the shell names it."""
    arguments: dict[str, str] = field(default_factory=dict)
    """Those before the first stage."""

    def argument(self, rest: str) -> tuple[str, str | None]:
        """The name of an `ARG`, and what it holds; `None`: nothing."""
        name, equals, value = rest.strip().partition("=")
        default = value.strip().strip("\"'") if equals else self.arguments.get(name)
        return name, self.given.get(name, default)


def _instructions(text: str) -> list[tuple[int, str, str]]:
    """Line, word and the rest of each instruction; comments between joined lines are skipped, as Docker does."""
    found: list[tuple[int, str, str]] = []
    lines, at = text.replace("\r\n", "\n").split("\n"), 0
    while at < len(lines):
        first, instruction = at, lines[at]
        while instruction.rstrip().endswith("\\") and at + 1 < len(lines):
            at += 1
            bare = lines[at].strip()
            instruction += "\n" + ("\\" if not bare or bare.startswith("#") else lines[at])
        marks = _HEREDOC.findall(instruction) if re.match(r"\s*(RUN|COPY)\b", instruction, re.I) else []
        while marks and at + 1 < len(lines):
            at += 1
            instruction += "\n" + lines[at]
            marks = marks[1:] if lines[at].strip() == marks[0] else marks
        match = _BEGINS.match(instruction)
        if match and not instruction.lstrip().startswith("#"):
            found.append((first + 1, match[1].upper(), match[2]))
        at += 1
    return found


def _stage(line: int, rest: str, arguments: dict[str, str]) -> _Stage:
    words = [word for word in rest.split() if not word.startswith("--")]
    base = _VARIABLE.sub(lambda m: arguments.get(m[1] or m[3], m[2] or ""), words[0] if words else "")
    return _Stage(base, words[2].lower() if len(words) > 2 else "", line)


def _add(stage: _Stage, line: int, word: str, rest: str, read: _Reading) -> None:
    stage.last = line
    match word:
        case "RUN":
            stage.pieces[line] = _run(rest)
        case "ENV":
            named = "=" in rest.split(maxsplit=1)[0]
            name, _, value = rest.strip().partition(" ")
            stage.pieces[line] = f"export {rest}" if named else f"export {name}={shlex.quote(value.strip())}"
        case "ARG":
            name, held = read.argument(rest)
            if name in read.given or ("=" not in rest and held is not None):
                stage.pieces[line] = f"{name}={shlex.quote(held or '')}"
            elif "=" in rest:
                stage.pieces[line] = rest.strip()
        case "WORKDIR":
            stage.pieces[line] = f"mkdir -p {rest.strip()}; cd {rest.strip()}"
        case "COPY" | "ADD":
            _copied(stage, line, rest, read.place)
        case "ENTRYPOINT":
            stage.entry, stage.starts = _command(rest), line
        case "CMD":
            stage.command, stage.starts = _command(rest), line


def _run(rest: str) -> str:
    while flag := _FLAG.match(rest):
        rest = ("\n" if flag[2] else "") + rest[flag.end() :]
    listed = _listed(rest)
    return shlex.join(listed) if listed else _script(rest)


def _copied(stage: _Stage, line: int, rest: str, place: str) -> None:
    """Files of the build's folder; what comes from the network is not there."""
    words = _listed(rest) or rest.split()
    if origin := next((word.partition("=")[2] for word in words if word.startswith("--from=")), ""):
        stage.taken += [(origin.lower(), word) for word in words[:-1] if not word.startswith("--")]
        return
    if "<<" in rest:
        stage.pieces[line] = _written(rest)
        return
    named = [word for word in words if not word.startswith("--")]
    if len(named) >= 2:
        stage.pieces[line] = "; ".join(f"cp '{place}/{one.removeprefix('./')}' {named[-1]}" for one in named[:-1])


def _script(rest: str) -> str:
    """What `RUN` runs: a heredoc on its own is a script, for the program in its first line or the shell."""
    alone = re.match(r"\s*<<-?\s*(['\"]?)\w+\1[ \t]*\n(?:[ \t]*#!(?:\S*/env[ \t]+)?(\S+))?", rest)
    program = (alone[2] or "bash").rpartition("/")[2] if alone else ""
    return (
        f"{program} - {rest.lstrip()}" if program.startswith("python") else f"bash {rest.lstrip()}" if alone else rest
    )


def _written(rest: str) -> str:
    """`COPY <<EOF FILE`: the files whose text is here."""
    first, _, body = rest.partition("\n")
    marks, target = _HEREDOC.findall(first), first.split()[-1]
    pieces, lines = list[str](), body.split("\n")
    for mark, begins in zip(marks, _HEREDOC.finditer(first), strict=True):
        end = next((at for at, text in enumerate(lines) if text.strip() == mark), len(lines))
        # Several texts go into a folder, each under its own mark's name.
        file = f"{target.rstrip('/')}/{mark}" if target.endswith("/") else target
        pieces.append("\n".join((f"cat > {file} {begins[0]}", *lines[:end], mark, "")))
        lines = lines[end + 1 :]
    return "".join(pieces)


def _command(rest: str) -> list[str]:
    listed = _listed(rest)
    return ["sh", "-c", rest.strip()] if listed is None else [word for word in listed if word or len(listed) > 1]


def _listed(rest: str) -> list[str] | None:
    """The exec form; `None` if it is not that."""
    try:
        found = foreign_json.loads(rest.replace("\\\n", " "))
    except ValueError:
        return None
    return [str(word) for word in found] if isinstance(found, list) else None


def _chain(last: _Stage, named: Mapping[str, _Stage]) -> list[_Stage]:
    """A stage, with those that it is built from before it."""
    chain = [last]
    while (below := named.get(chain[0].base.lower())) is not None and below not in chain:
        chain.insert(0, below)
    return chain


def _fetched(chain: Sequence[_Stage], named: Mapping[str, _Stage]) -> list[_Stage]:
    """Other stages whose Python packages are copied over, with what those are built from."""
    found: list[_Stage] = []
    waiting = [pair for stage in chain for pair in stage.taken]
    while waiting:
        name, path = waiting.pop()
        stages = _chain(named[name], named) if name in named else []
        if not any(_installs(stage, path) for stage in stages):
            continue
        fresh = [stage for stage in stages if stage not in found and stage not in chain]
        for stage in fresh:
            stage.pieces = {line: _in_place(piece, path) for line, piece in stage.pieces.items()}
        found += fresh
        waiting += [pair for stage in fresh for pair in stage.taken]
    return found


def _in_place(piece: str, path: str) -> str:
    """An install into the folder that is copied, as one into what it is copied over."""
    return re.sub(rf"\s--(?:prefix|target|root)[= ]{re.escape(path.rstrip('/'))}/?(?=\s|$)", "", piece)


def _installs(stage: _Stage, path: str) -> bool:
    """Whether a stage installs Python packages, and the path is a folder that may contain them."""
    holds = bool(_PACKAGES.search(path)) or any(path.rstrip("/") in piece for piece in stage.pieces.values())
    return holds and any(_INSTALLS.search(piece) for piece in stage.pieces.values())


def _by_name(stages: Sequence[_Stage]) -> dict[str, _Stage]:
    """The stages by their names, and by their numbers."""
    return {stage.name: stage for stage in stages if stage.name} | {str(at): stage for at, stage in enumerate(stages)}


def _recipe(last: _Stage, named: Mapping[str, _Stage]) -> Recipe:
    chain = _chain(last, named)
    fetched = _fetched(chain, named)
    pieces = {min(stage.line for stage in (*chain, *fetched)): "set -e"}
    for stage in (*fetched, *chain):
        pieces |= stage.pieces
    entry = next((stage.entry for stage in reversed(chain) if stage.entry is not None), None)
    # An entry point takes away the command of the stages below it, and none of its own.
    above = next((at for at in reversed(range(len(chain))) if chain[at].entry is not None), 0)
    command = next((stage.command for stage in reversed(chain[above:]) if stage.command), [])
    starts = max(stage.starts for stage in chain)
    line = starts if starts > max(pieces) else max(chain[-1].last, max(pieces) + 1)
    return Recipe(chain[0].base, pieces, None if entry is None else tuple(entry), tuple(command), line)
