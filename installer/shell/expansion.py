"""Works out what words mean: variables, quotes, braces, `${X:-default}`. What is not known stays UNKNOWN."""

from __future__ import annotations

import fnmatch
import re
from typing import Callable

from installer.core.text.numbers import is_whole
from installer.shell import arithmetic
from installer.shell.printing import absolute
from installer.shell.state import UNKNOWN, State, Value
from installer.shell.syntax import Arithmetic, Literal, Opaque, Part, Substitution, Variable, Word

Substitute = Callable[[Substitution], str]
"""What a `$(…)` prints."""
_BRACE = re.compile(r"^(.*?)\{([^{}]*,[^{}]*)\}(.*)$", re.DOTALL)
_RANGE = re.compile(r"^(.*?)\{(-?\d{1,9})\.\.(-?\d{1,9})\}(.*)$", re.DOTALL)
_MANY = 1000
"""Words that one pair of braces may become."""


def fields(word: Word, state: State, substitute: Substitute) -> list[str]:
    """The words that one written word becomes."""
    if all(isinstance(part, Literal) and not part.quoted for part in word.parts):
        written = "".join(part.text for part in word.parts if isinstance(part, Literal))
        return [_kept(text, state) for text in _braces(written)]
    found: list[str] = []
    current: str | None = None
    for part in word.parts:
        for index, piece in enumerate(_pieces(part, state, substitute)):
            if index and current is not None:
                found.append(current)
                current = None
            if piece is not None:
                state.budget.made(len(piece))
                current = (current or "") + piece
    return [_kept(text, state) for text in ([*found, current] if current is not None else found)]


def text(word: Word | None, state: State, substitute: Substitute) -> str:
    """A word where nothing is split, as in an assignment."""
    if word is None:
        return ""
    found = list[str]()
    for part in word.parts:
        found.append(" ".join(p for p in _pieces(part, state, substitute, split=False) if p))
        state.budget.made(len(found[-1]))
    return _kept("".join(found), state)


def _kept(text: str, state: State) -> str:
    state.budget.made(len(text))
    return text if state.budget.fits(len(text)) else UNKNOWN


def _pieces(part: Part, state: State, substitute: Substitute, split: bool = True) -> list[str | None]:
    """The text of a part; more than one piece where it falls into several words, `None` for no word at all."""
    match part:
        case Literal():
            return [part.text]
        case Opaque():
            return [UNKNOWN]
        case Arithmetic():
            number = arithmetic.worked_out(part.text, lambda name: _held(name, state))
            return [UNKNOWN if number is None else str(number)]
        case Substitution():
            return _split(substitute(part), state) if split and not part.quoted else [substitute(part)]
    value = lookup(part, state, substitute)
    if isinstance(value, tuple):
        if part.index == "*" and part.quoted:
            return [" ".join(value)]
        return list(value) or [None]
    return _split(value, state) if split and not part.quoted else [value]


def _split(value: str, state: State) -> list[str | None]:
    if not value:
        return [None]
    signs = state.text("IFS")
    if signs is not None and " " not in signs:
        return [piece for piece in re.split(f"[{re.escape(signs)}]", value) if piece] if signs else [value]
    pieces: list[str | None] = list(value.split())
    edges: list[str | None] = [None]
    return (edges if value[0].isspace() else []) + pieces + (edges if value[-1].isspace() and pieces else [])


def lookup(part: Variable, state: State, substitute: Substitute) -> Value:
    """What a variable holds after its operator."""
    value = _entry(part, state) if part.name in state.tables else _raw(part, state)
    if part.name in state.tables and part.operator == "indirect":
        return tuple(state.tables[part.name])
    if part.operator in ("", "@"):
        return UNKNOWN if value is None else value
    arguments = [text(argument, state, substitute) for argument in part.arguments]
    return _operated(part, value, arguments[0] if arguments else "", arguments, state)


def _raw(part: Variable, state: State) -> Value | None:
    if part.name in ("@", "*") or is_whole(part.name):
        return _argument(part.name, state)
    if part.name in _OWN:
        return _OWN[part.name]
    if part.name == "#":
        return str(len(state.arguments)) if state.arguments is not None else UNKNOWN
    value = absolute(state.folder) if part.name == "PWD" else state.variables.get(part.name)
    if isinstance(value, tuple):
        if part.index in ("@", "*"):
            return value
        index = arithmetic.worked_out(part.index, lambda name: _held(name, state)) if part.index else 0
        return UNKNOWN if index is None else value[index] if -len(value) <= index < len(value) else ""
    return UNKNOWN if part.index not in ("", "0", "@", "*") else value


def _entry(part: Variable, state: State) -> Value:
    """Of an associative array."""
    table = state.tables[part.name]
    if part.index in ("@", "*"):
        return tuple(table.values())
    return table.get(key(part.index, state) or "", "") if key(part.index, state) is not None else UNKNOWN


def key(written: str, state: State) -> str | None:
    """The key of an associative array as it is written; `None` if it is not known."""
    plain = written.strip("\"'")
    if "$" not in plain:
        return plain
    name = plain.lstrip("$").strip("{}")
    value = state.variables.get(name) if name.isidentifier() else None
    return value if isinstance(value, str) and UNKNOWN not in value else None


_OWN = {"HOME": "~", "?": UNKNOWN, "$": UNKNOWN, "!": UNKNOWN, "-": UNKNOWN, "_": UNKNOWN, "RANDOM": UNKNOWN}


def _held(name: str, state: State) -> str | None:
    """What a name in arithmetic holds."""
    value = _argument(name, state) if is_whole(name) else state.variables.get(name)
    return value if isinstance(value, str) else None


def _argument(name: str, state: State) -> Value | None:
    if name == "0":
        return state.text("0")
    if state.arguments is None:
        return (UNKNOWN,) if name in ("@", "*") else None
    if name in ("@", "*"):
        return state.arguments
    return state.arguments[int(name) - 1] if 0 < int(name) <= len(state.arguments) else ""


def _operated(part: Variable, value: Value | None, first: str, arguments: list[str], state: State) -> Value:
    operator = part.operator
    if operator == "indirect" and isinstance(value, tuple) and part.index in ("@", "*"):
        return tuple(str(index) for index in range(len(value))) if UNKNOWN not in value else (UNKNOWN,)
    if isinstance(value, tuple) and operator != "length":
        return _of_array(part, value, arguments)
    match operator:
        case ":-" | "-" | ":=" | "=":
            return _default(part, value, first, state)
        case ":+" | "+":
            return "" if value in (None, "") else UNKNOWN if value == UNKNOWN else first
        case ":?" | "?":
            return UNKNOWN if value is None else value
        case "length":
            return str(len(value)) if value is not None and UNKNOWN not in value else UNKNOWN
    if not isinstance(value, str) or UNKNOWN in value:
        return UNKNOWN
    return _cut(operator, value, first, arguments, state)


def _of_array(part: Variable, value: tuple[str, ...], arguments: list[str]) -> Value:
    """`${@:2}` and `${words[@]:1:3}`: positional parameters count from 1, the elements of an array from 0."""
    if part.operator != ":" or UNKNOWN in value:
        return value if part.operator in (":-", "-", ":=", "=") and value else (UNKNOWN,)
    positional = part.name in ("@", "*")
    numbers = [int(number) for number in arguments if is_whole(number.strip())]
    if not numbers or len(numbers) != len(arguments) or (positional and numbers[0] == 0):
        return (UNKNOWN,)
    return value[numbers[0] - positional :][: numbers[1] if len(numbers) > 1 else None]


def _default(part: Variable, value: Value | None, first: str, state: State) -> Value:
    """Someone's own setting is not known; the script's default is what an ordinary run gets.

    An empty default says nothing of the kind: `${HF_TOKEN:-}` is how scripts ask whether someone set it.
    """
    if value is None:
        value = first or UNKNOWN
    elif value == "" and part.operator.startswith(":"):
        value = first
    if part.operator.endswith("=") and part.name.isidentifier():
        state.variables[part.name] = value
    return value


def _cut(operator: str, value: str, first: str, arguments: list[str], state: State) -> str:
    match operator:
        case "%" | "%%" | "#" | "##":
            return _trimmed(operator, value, first)
        case "/" | "//" | "/#" | "/%":
            new = arguments[1] if len(arguments) > 1 else ""
            longer = value.count(first) * len(new) if first else 0
            if any(sign in first for sign in "*?[") or operator in ("/#", "/%") or not state.budget.fits(longer):
                return UNKNOWN
            return value.replace(first, new, 1 if operator == "/" else -1) if first else value
        case "^^" | "^":
            return value.upper() if operator == "^^" else value[:1].upper() + value[1:]
        case ",," | ",":
            return value.lower() if operator == ",," else value[:1].lower() + value[1:]
        case ":":
            numbers = [int(number) for number in arguments if is_whole(number.strip().lstrip("-"))]
            if len(numbers) != len(arguments) or any(number < 0 for number in numbers):
                return UNKNOWN
            return value[numbers[0] :][: numbers[1] if len(numbers) > 1 else None]
    return UNKNOWN


def _trimmed(operator: str, value: str, pattern: str) -> str:
    """`${X%.*}` and its kin: the shortest or longest end (or beginning) that fits is cut off."""
    if len(value) > 2000:
        return UNKNOWN
    ends = operator[0] == "%"
    cuts = range(len(value), -1, -1) if ends else range(len(value) + 1)
    fitting = [cut for cut in cuts if fnmatch.fnmatchcase(value[cut:] if ends else value[:cut], pattern)]
    if not fitting:
        return value
    cut = fitting[0] if len(operator) == 1 else fitting[-1]
    return value[:cut] if ends else value[cut:]


def _braces(text: str) -> list[str]:
    if counted := _RANGE.match(text):
        return _counted(*counted.groups())
    match = _BRACE.match(text)
    if not match or text.count("{") > 3:
        return [text]
    before, inside, after = match.groups()
    choices = inside.split(",")
    found = [found for choice in choices[:_MANY] for found in _braces(before + choice + after)]
    return found if max(len(choices), len(found)) <= _MANY else [UNKNOWN]


def _counted(before: str, first: str, last: str, after: str) -> list[str]:
    """`{1..9}`."""
    start, end = int(first), int(last)
    if abs(end - start) >= _MANY or "{" in before + after or first.lstrip("-")[0] == "0" != first:
        return [UNKNOWN]
    step = 1 if end >= start else -1
    return [f"{before}{number}{after}" for number in range(start, end + step, step)]
