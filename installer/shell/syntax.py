"""The shell's syntax as values: what `grammar` makes of the text, and what `evaluator` walks. Holds no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Literal:
    """Literal text."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """`$X`, `${X:-default}`, `${X[@]}` and the like."""

    name: str
    operator: str = ""
    """":-", "%", "/" and so on; "length" (`${#X}`) and "indirect" (`${!X}`)."""
    arguments: tuple[Word, ...] = ()
    index: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Substitution:
    """`$(…)`."""

    body: Block
    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`$((…))`."""

    text: str
    """What is inside."""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """What is not calculated: `<(…)`, what is nested too deeply."""

    text: str
    quoted: bool = False


Part = Literal | Variable | Substitution | Arithmetic | Opaque


@dataclass(frozen=True, slots=True)
class Word:
    parts: tuple[Part, ...]
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Assignment:
    name: str
    value: Word | None = None
    elements: tuple[Word, ...] | None = None
    """Of an array."""
    append: bool = False
    index: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    operator: str
    descriptor: str = ""
    target: Word | None = None
    content: Word | None = None
    """Of a heredoc or a here-string."""


@dataclass(frozen=True, slots=True)
class Command:
    """What every command has."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Simple(Command):
    words: tuple[Word, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    declares: str = ""
    """"export", "local", "readonly", "declare" or "typeset"."""


@dataclass(frozen=True, slots=True)
class Test(Command):
    """`[ … ]` and `[[ … ]]`, as their words in order."""

    words: tuple[Word, ...] = ()
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Chain(Command):
    """`a && b || c`, which the shell reads from left to right."""

    first: Command
    rest: tuple[tuple[str, Command], ...]
    """Each with the "&&" or "||" before it."""


@dataclass(frozen=True, slots=True)
class Pipeline(Command):
    parts: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Not(Command):
    body: Command


@dataclass(frozen=True, slots=True)
class Background(Command):
    body: Command


@dataclass(frozen=True, slots=True)
class Group(Command):
    body: Block
    subshell: bool = False
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class If(Command):
    branches: tuple[tuple[Block, Block], ...]
    otherwise: Block = ()


@dataclass(frozen=True, slots=True)
class Loop(Command):
    kind: str
    """"for", "while", "until", or "other" (a counting loop, `select`)."""
    body: Block
    variable: str = ""
    words: tuple[Word, ...] | None = None
    condition: Block = ()
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Case(Command):
    subject: Word
    items: tuple[tuple[tuple[Word, ...], Block], ...] = ()


ELSEWHERE = 0
"""The line of what is in another text than the script itself."""


@dataclass(frozen=True, slots=True)
class Function(Command):
    name: str
    body: Block
    file: str = ""
    """The file next to the script that contains it; empty: in the script itself."""


@dataclass(frozen=True, slots=True)
class Broken(Command):
    """What is no shell, or not shell that the grammar knows."""

    why: str = ""
    invalid: bool = False
    """No shell at all, rather than shell that is not followed."""


Block = tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Script:
    body: Block
    broken: tuple[Broken, ...] = field(default=())


def is_handed_in(command: Simple) -> bool:
    """`"$@"`: what a function runs, but its caller wrote."""
    return bool(command.words) and command.words[0].text.strip('"{}$') in ("@", "*")
