"""Nothing is decided by the words of a sentence: what a program needs to know is a field.

Sentences are compared only where more of them are made, and read only where another program wrote them. The words of a
launch are read in one place as well, `knowledge/engines/launch_reader.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for folder in ("installer", "stages") for path in (ROOT / folder).rglob("*.py"))
_SENTENCES = frozenset({"summary", "evidence", "fix", "subject", "reason", "why", "sentence"})
"""Fields that are written for a person."""
_TAKES_APART = frozenset({
    "startswith", "endswith", "split", "rsplit", "partition", "rpartition", "removeprefix", "removesuffix", "find",
    "index", "count", "splitlines",
})  # fmt: skip
_READS = frozenset({"match", "search", "fullmatch", "findall", "finditer", "split"})
_MAY = {
    "installer/core/plans/sentences.py": "it makes sentences of sentences",
    "installer/diagnostics/machine_evidence.py": "the evidence of a candidate is a line of somebody else's log",
}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def sentence(node: ast.AST) -> str:
    """The field that an expression reads, also through `.lower()` and the like or in a tuple; empty: none."""
    match node:
        case ast.Attribute(attr=name) if name in _SENTENCES:
            return name
        case ast.Call(func=ast.Attribute(value=inner, attr="lower" | "strip" | "casefold" | "upper"), args=[]):
            return sentence(inner)
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts):
            return next(filter(None, map(sentence, parts)), "")
    return ""


def decided(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and field of every place that takes a sentence apart or holds it against another text."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=text, attr=name)) if name in _TAKES_APART and sentence(text):
                yield node.lineno, f".{sentence(text)}.{name}()"
            case ast.Call(func=ast.Attribute(attr=name), args=arguments) if name in _READS:
                yield from ((node.lineno, f"{name}(.{sentence(one)})") for one in arguments if sentence(one))
            case ast.Compare(left=left, comparators=others):
                compared = [part for part in (left, *others) if sentence(part)]
                empty = len(others) == 1 and isinstance(others[0], ast.Constant) and not others[0].value
                yield from ((node.lineno, f".{sentence(part)} compared") for part in compared if not empty)
            case ast.Match(subject=text) if sentence(text):
                yield node.lineno, f"match .{sentence(text)}"


def of_a_launch(node: ast.AST) -> bool:
    """Whether an expression is the words of a launch, also behind `*`, `list` and the like."""
    match node:
        case ast.Attribute(attr="arguments", value=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name.endswith("launch")
        case ast.Attribute(attr="command", value=ast.Name(id="spec")):
            return True
        case ast.IfExp(body=inner) | ast.Starred(value=inner):
            return of_a_launch(inner)
        case ast.Call(func=ast.Name(id="enumerate" | "list" | "iter" | "reversed" | "zip"), args=[inner, *_]):
            return of_a_launch(inner)
    return False


def taken_apart(tree: ast.AST) -> Iterator[int]:
    """Lines on which the words of a launch are gone through, searched or counted."""
    for node in ast.walk(tree):
        match node:
            case ast.For(iter=words) | ast.comprehension(iter=words) if of_a_launch(words):
                yield words.lineno
            case ast.Subscript(value=ast.Attribute(attr="arguments") as words) if of_a_launch(words):
                yield node.lineno
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[words]) if of_a_launch(words):
                yield node.lineno


def test_the_words_of_a_launch_are_read_in_one_place() -> None:
    found = {str(path.relative_to(ROOT)): list(taken_apart(parsed(path))) for path in MODULES}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_every_way_of_taking_a_launch_apart_is_found() -> None:
    ways = """
for word in launch.arguments: ...
[word for place, word in enumerate(stack.launch.arguments)]
"--port" in launch.arguments
launch.arguments[0]
first_launch.arguments if launch else ()
[word for word in spec.command]
"""
    assert sorted(taken_apart(ast.parse(ways))) == [2, 3, 4, 5, 7]


def test_no_decision_is_taken_by_the_words_of_a_sentence() -> None:
    found = {str(path.relative_to(ROOT)): list(decided(parsed(path))) for path in MODULES}
    assert {name: places for name, places in found.items() if places and name not in _MAY} == {}


def test_every_way_of_deciding_by_a_sentence_is_found() -> None:
    ways = """
"GPU" in finding.summary
item.reason.startswith("system package")
re.match(pattern, one.fix)
name, _, value = finding.subject.partition("=")
finding.fix != answer
key = (finding.code, finding.summary) in told
finding.evidence.lower() == "x"
"""
    assert [line for line, _ in sorted(set(decided(ast.parse(ways))))] == list(range(2, 9))


def test_whether_there_is_a_sentence_may_be_asked() -> None:
    assert not list(decided(ast.parse('finding.fix == ""; finding.fix or "nothing"; other.name == "x"')))


@cache
def closed_sets() -> tuple[frozenset[str], frozenset[str]]:
    """The fields that are one of a closed set of words (`Word` in core/outcomes.py), and all those words."""
    classes = [node for path in MODULES for node in ast.walk(parsed(path))]
    classes = [node for node in classes if isinstance(node, ast.ClassDef)]
    sets = [one for one in classes if any(ast.unparse(base) == "Word" for base in one.bases)]
    names = {one.name for one in sets}
    values = {line.value.value for one in sets for line in one.body if isinstance(line, ast.Assign)
              if isinstance(line.value, ast.Constant)}  # fmt: skip
    fields = {line.target.id for one in classes for line in one.body if isinstance(line, ast.AnnAssign)
              if isinstance(line.target, ast.Name) and ast.unparse(line.annotation) in names}  # fmt: skip
    return frozenset(fields), frozenset(value for value in values if value)


def compared_by_letters(tree: ast.AST) -> Iterator[int]:
    """Lines on which such a field is compared with a word in quotes, in which a typing error is no error."""
    fields, values = closed_sets()
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=ast.Attribute(attr=name), comparators=others) if name in fields:
                constants = [one for other in others for one in ast.walk(other) if isinstance(one, ast.Constant)]
            case ast.Match(subject=ast.Attribute(attr=name), cases=cases) if name in fields:
                constants = [one for case in cases for one in ast.walk(case.pattern) if isinstance(one, ast.Constant)]
            case _:
                continue
        if any(one.value in values for one in constants if isinstance(one.value, str)):
            yield node.lineno


def test_a_word_of_a_closed_set_is_compared_by_its_name() -> None:
    fields, values = closed_sets()
    assert {"severity", "state", "status", "problem"} <= fields and {"ready", "blocker", "ambiguous"} <= values
    found = {str(path.relative_to(ROOT)): list(compared_by_letters(parsed(path))) for path in MODULES}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_every_way_of_comparing_by_letters_is_found() -> None:
    ways = """
finding.severity == "blocker"
server.state in ("ready", "starting")
match use.problem:
    case "unknown": ...
"""
    assert sorted(compared_by_letters(ast.parse(ways))) == [2, 3, 4]
    assert (
        list(compared_by_letters(ast.parse('one.status == Status.DONE; other.status == 404; loop.kind == "for"'))) == []
    )
