"""Reads out of the code the English sentences that it makes, as the catalogues of `installer/locale/` know them.

An f-string is a sentence with named places. What stands in it either way (`'a' if x else 'b'`) makes a sentence of
each; where the two are for one and for several, they are the two forms of one message. It runs nothing, and takes
nothing for a sentence that has not two words.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

Message = str | tuple[str, str]
"""A sentence, or the two forms of one that counts."""
_MOST = 6
"""Sentences out of one f-string; of more, what differs is a place."""
_WORDS = re.compile(r"(?<![\w./=-])[A-Za-z][a-z_'’]+(?![\w/=])")
_CODE = re.compile(
    r"^import |^from \w+ import|; import |^\w+ -\w|\$\(|\$\{|\\[bdsw(]|\[\^|\(\?|^\s*(?:<|SELECT|#!)|^[\w-]+: [\w-]+$"
    r"|^\w+://|%\w|^trap |>/dev/null|&& (?:cat|wait)|; then\b.*\bfi\b|^(?:export|bash) \{|^[\w{}-]+ = |^\S*cat >|^Dir::"
    r"|^(?:urn|application)[:/]|^\{place\}|^\\n|; height: |^[\w-]+: \{|\{\}|\{dumps|^Bearer |^\[ -|^echo \""
    r"|^\{\"|^\{\{|^def |^!f|^(?:Wheel|Metadata)-Version|^Authorization|^\[\{group|^\r\n\[|^sleep "
    r"|^- name|^\n    \{|^git curl |^DEPLOY_|^\{rstrip\}\n"
)
"""What is run, matched or sent, and not said."""
_OTHERS = frozenset({
    "dns error", "error sending request", "Network connectivity is disabled", "No space left on device", "os error 28",
    "Hash mismatch", "Host key verification failed", "Permission denied", "Traceback (most recent call last)",
    "During handling of the above exception",
})  # fmt: skip
"""What other programs say, and is looked for in what they print."""
_SILENT = frozenset(
    {"compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "TypeVar", "_", "ngettext"}
)
"""Functions whose text is no sentence, or is taken by `marked`."""
_PASSED_ON = frozenset(
    {"lowered", "state_word", "told", "str", "size", "gib", "shown", "len", "sorted", "set", "list", "quote"}
)
_ONE, _SEVERAL = "one", "several"


@dataclass(frozen=True, slots=True)
class Text:
    """Fixed text and the names of places, in turn; and where it is the form for one or for several, of what."""

    parts: tuple[str | Place, ...] = ()
    number: str = ""
    of: str = ""

    def __add__(self, other: Text) -> Text:
        return Text(self.parts + other.parts, self.number or other.number, self.of or other.of)


@dataclass(frozen=True, slots=True)
class Place:
    name: str


def sentences(source: str) -> Iterator[Message]:
    """Every sentence that a module makes, once."""
    tree = ast.parse(source)
    reader = _Reader(_constants(tree))
    reader.visit(tree)
    yield from dict.fromkeys(reader.found)


def marked(source: str) -> Iterator[Message]:
    """What is told through `_` or `ngettext`, also inside of an f-string, into which gettext's own tools look from
    Python 3.12 on.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="_"), args=[ast.Constant(value=str() as text)]) if text:
                yield text
            case ast.Call(
                func=ast.Name(id="ngettext"),
                args=[ast.Constant(value=str() as one), ast.Constant(value=str() as several), _],
            ):
                yield one, several


def of_file(file: Path) -> Iterator[Message]:
    yield from sentences(file.read_text(encoding="utf-8"))


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }  # fmt: skip


class _Reader(ast.NodeVisitor):
    """Goes through a module from the outside to the inside, so that a text inside of another is told once."""

    def __init__(self, constants: dict[str, str]) -> None:
        self._constants = constants
        self.found: list[Message] = []

    def visit(self, node: ast.AST) -> None:  # noqa: C901 - one line a kind of node
        match node:
            case ast.Expr(value=ast.Constant()):
                return  # a docstring
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _SILENT:
                return
            case ast.Call(func=ast.Name(id="counted"), args=[_, ast.Constant(value=str() as noun)]):
                self.found.append((f"{{number}} {noun}", f"{{number}} {noun}s"))
            case ast.Call(
                func=ast.Name(id="counted"),
                args=[_, ast.Constant(value=str() as noun), ast.Constant(value=str() as many)],
            ):
                self.found.append((f"{{number}} {noun}", f"{{number}} {many}"))
            case ast.Dict(values=values):
                for value in values:
                    self.visit(value)
            case ast.Subscript(value=inner):
                self.visit(inner)
            case ast.Compare():
                return
            case ast.JoinedStr() | ast.Constant(value=str()) | ast.BinOp(op=ast.Add()) | ast.IfExp() | ast.Call() if (
                texts := self._texts(node)
            ):
                self.found += _messages(texts)
                for inner in self._inside(node):
                    self.visit(inner)
            case _:
                self.generic_visit(node)

    def _texts(self, node: ast.AST) -> list[Text]:
        """What an expression may say; nothing: it is no text that is known here."""
        match node:
            case ast.Constant(value=str() as text):
                return [Text((text,))]
            case ast.JoinedStr(values=values):
                return self._joined(values)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                first, second = self._texts(left), self._texts(right)
                if first or second:
                    return _each(first or [_place(left)], second or [_place(right)])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                yes, no = self._texts(body), self._texts(orelse)
                return _numbered(test, yes, no) if yes and no else []
            case ast.Call(func=ast.Attribute(value=inner, attr="format"), args=arguments, keywords=named):
                known = self._constants.get(inner.id, "") if isinstance(inner, ast.Name) else ""
                texts = [Text((known,))] if known else self._texts(inner)
                return [_formatted(text, [*arguments, *(one.value for one in named)]) for text in texts]
        return []

    def _joined(self, values: list[ast.expr]) -> list[Text]:
        texts = [Text()]
        for value in values:
            if isinstance(value, ast.FormattedValue):
                plain = value.conversion == -1 and value.format_spec is None
                inline = self._inline(value.value) if plain else []
                texts = _each(texts, inline if len(texts) * len(inline) <= _MOST and inline else [_place(value.value)])
            else:
                texts = _each(texts, self._texts(value))
        return texts

    def _inline(self, node: ast.expr) -> list[Text]:
        match node:
            case ast.Name(id=name) if name.isupper() and name in self._constants:
                return [Text((self._constants[name],))]
        return self._texts(node)

    def _inside(self, node: ast.AST) -> Iterator[ast.AST]:
        """The expressions in the places of a text."""
        match node:
            case ast.JoinedStr(values=values):
                for value in values:
                    yield from self._inside(value)
            case ast.FormattedValue(value=inner):
                yield from self._inside(inner) if self._inline(inner) else [inner]
            case ast.BinOp(left=left, right=right):
                for side in (left, right):
                    yield from self._inside(side) if self._texts(side) else [side]
            case ast.IfExp(test=test, body=body, orelse=orelse):
                yield test
                yield from self._inside(body)
                yield from self._inside(orelse)
            case ast.Call(args=arguments, keywords=named):
                yield from (*arguments, *(one.value for one in named))


def _each(first: list[Text], second: list[Text]) -> list[Text]:
    return [one + other for one, other in product(first, second)]


def _place(node: ast.expr) -> Text:
    return Text((Place(_name(node)),))


def _name(node: ast.expr) -> str:  # noqa: C901 - one line a kind of expression
    """What a translator can call it."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower()
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in _PASSED_ON:
            return _name(first)
        case ast.Call(func=ast.Attribute(attr="join"), args=[ast.Name() | ast.Attribute() as first]):
            return _name(first)
        case ast.Call(func=ast.Attribute(value=inner), args=[]):
            return _name(inner)
        case ast.Call(func=ast.Attribute(attr="join")):
            return "names"
        case ast.Call(
            func=ast.Attribute(value=inner, attr="partition" | "removeprefix" | "removesuffix" | "get" | "replace")
        ):
            return _name(inner)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name.strip("_").lower()
        case ast.Subscript(slice=ast.Constant(value=str() as name)) if name.isidentifier():
            return name
        case ast.Subscript(value=inner) | ast.BoolOp(values=[inner, *_]) | ast.BinOp(left=inner):
            return _name(inner)
        case ast.IfExp(body=body):
            return _name(body)
    return "value"


def _numbered(test: ast.expr, yes: list[Text], no: list[Text]) -> list[Text]:
    """Both ways; marked where the test asks whether something is one."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=1)]):
            one, several = yes, no
        case ast.Compare(left=left, ops=[ast.Gt() | ast.NotEq()], comparators=[ast.Constant(value=1)]):
            one, several = no, yes
        case _:
            return yes + no
    marked = lambda texts, number: [replace(text, number=number, of=_name(left)) for text in texts]  # noqa: E731
    return [*marked(one, _ONE), *marked(several, _SEVERAL)]


def _formatted(text: Text, values: list[ast.expr]) -> Text:
    """A text whose `{}` or `{name}` are filled in."""
    parts: list[str | Place] = []
    given = iter(values)
    for piece in re.split(r"(\{[^{}]*\})", str(text.parts[0])) if len(text.parts) == 1 else []:
        if not piece.startswith("{"):
            parts.append(piece)
            continue
        name = re.split(r"[:!.\[]", piece[1:-1])[0]
        value = next(given, None)
        parts.append(Place(name if name and not name.isdigit() else _name(value) if value else "value"))
    return replace(text, parts=tuple(parts)) if parts else text


def _messages(texts: list[Text]) -> Iterator[Message]:
    """Sentences, those for one and for several as two forms of one message."""
    several = [text for text in texts if text.number == _SEVERAL and Place(text.of) in text.parts]
    for text in texts:
        if text.number == _ONE and len(several) * 2 == len(texts):
            continue
        made = _made(text)
        if text in several and len(several) * 2 == len(texts):
            ones = [one for one in texts if one.number == _ONE]
            one = _made(ones[several.index(text)])
            if said(made):
                yield (one, made) if one else made
        elif said(made):
            yield made


def _made(text: Text) -> str:
    """With `{name}` for its places, the second of a name as `{name_2}`."""
    line, seen = "", dict[str, int]()
    for part in text.parts:
        if isinstance(part, Place):
            seen[part.name] = seen.get(part.name, 0) + 1
            line += f"{{{part.name}_{seen[part.name]}}}" if seen[part.name] > 1 else f"{{{part.name}}}"
        else:
            line += part
    return line


def said(message: str) -> bool:
    """Whether a text is one for people."""
    fixed = re.sub(r"\{\w+\}|`[^`]*`|'[^']*=[^']*'", " ", message)
    words = _WORDS.findall(fixed)
    if not words or message in _OTHERS or _CODE.search(message) or "\x1b" in message or len(message) > 900:
        return False
    if "{" not in message or len(words) > 1:
        return len(words) > 1
    return " " in message.strip() and (len(words[0]) > 3 or message[0] in " ,;(")
