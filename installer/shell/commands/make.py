"""`make TARGET`: the recipe lines of a Makefile next to the script, as the shell that make would run. Runs nothing.

Reads rules and variables; what make works out by functions of its own stays open, and a line that needs it is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from installer.core.secrets.names import names_a_secret
from installer.shell.commands.call import Call
from installer.shell.documents.document import ReadSibling
from installer.shell.state import UNKNOWN
from installer.shell.trace import PRESUMED

NAMES = ("GNUmakefile", "makefile", "Makefile")
"""Where make looks, in its order."""
_ASSIGNED = re.compile(r"^\s*(?P<export>export\s+)?(?P<name>[\w.-]+)\s*(?P<how>[?:+]{0,3}=)\s*(?P<value>.*)$")
_RULE = re.compile(r"^(?P<targets>[^\s:=#][^:=#]*):(?!=)(?P<needs>[^=;#]*)(?:;(?P<recipe>.*))?(?:#.*)?$")
_REFERENCE = re.compile(r"\$(?:\$|\((?P<round>[^()]*(?:\([^()]*\)[^()]*)*)\)|\{(?P<curly>[^{}]*)\}|(?P<one>[@<^*?\w]))")
_INCLUDED = re.compile(r"^[-s]?include\s+(.+)$")
_CONDITION = re.compile(r"^\s*ifn?(eq|def)\b")
_VALUED = frozenset(("-C", "--directory", "-f", "--file", "--makefile", "-j", "-l", "-o", "-W", "-I"))
_DEEPEST = 20
_IGNORED = " || true"
_OPEN = "$_"
"""What is unknown, in shell."""


@dataclass(slots=True)
class _Rule:
    needs: list[str] = field(default_factory=list)
    recipe: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _File:
    variables: dict[str, str]
    given: Mapping[str, str]
    """Those of the command line, which overrule the file."""
    read_sibling: ReadSibling
    exported: set[str] = field(default_factory=set)
    rules: dict[str, _Rule] = field(default_factory=dict)
    one_shell: bool = False


def run(call: Call) -> str:
    options, given, targets = _words(list(call.words))
    folder = options.get("-C") or options.get("--directory") or "."
    named = options.get("-f") or options.get("--file") or options.get("--makefile")
    paths = [f"{folder}/{name}" if folder != "." else name for name in ([named] if named else NAMES)]
    text = next((found for path in paths if UNKNOWN not in path and (found := call.read(path)) is not None), None)
    if text is None:
        call.unclear("the Makefile is not next to the script")
        return PRESUMED
    file = _File({**call.ran.environment, **given}, given, call.read)
    _read(text, file)
    first = next((name for name in file.rules if not name.startswith(".")), "")
    lines = [line for target in targets or [first] for line in _lines(file, target, set(), 0)]
    shell = "".join(f"export {name}={_quoted(file, name)}\n" for name in sorted({*file.exported, *given}))
    inside = [f"cd {folder}\n"] if folder != "." else []
    for text in ["\n".join(lines)] if file.one_shell else lines:
        call.follow("".join([*inside, shell, text]) + "\n", call, (), True)
    return PRESUMED


def _words(words: list[str]) -> tuple[dict[str, str], dict[str, str], list[str]]:
    options, given, targets = dict[str, str](), dict[str, str](), list[str]()
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word.startswith("-"):
            if name in _VALUED:
                options[name] = value if equals else words.pop(0) if words and not words[0].startswith("-") else ""
        elif equals:
            given[name.rstrip(":")] = value
        else:
            targets.append(word)
    return options, given, targets


def _read(text: str, file: _File) -> None:
    rules, conditions = list[_Rule](), 0
    for line in text.replace("\r\n", "\n").splitlines():
        if rules and (line.startswith("\t") or (rules[0].recipe and rules[0].recipe[-1].endswith("\\"))):
            for rule in rules:
                rule.recipe.append(line.removeprefix("\t"))
            continue
        conditions += 1 if _CONDITION.match(line) else -1 if line.strip() == "endif" else 0
        if match := _ASSIGNED.match(line):
            _assign(file, match, conditions > 0)
        elif match := _RULE.match(line):
            rules = _rules(file, match)
        elif match := _INCLUDED.match(line):
            _include(file, match[1])
        elif line.strip().startswith("export "):
            file.exported |= set(line.split()[1:])


def _include(file: _File, names: str) -> None:
    """Other files, such as a `.env`; what is a secret by its name stays open: it is not needed here."""
    for name in names.split():
        before = set(file.variables)
        _read(file.read_sibling(name) or "", file)
        file.variables |= {one: _OPEN for one in file.variables.keys() - before if names_a_secret(one)}


def _assign(file: _File, match: re.Match[str], open_ended: bool) -> None:
    """`open_ended`: whether it is made so depends on a condition, which is not calculated."""
    name, how, value = match["name"], match["how"], match["value"].partition(" #")[0].rstrip()
    if match["export"]:
        file.exported.add(name)
    if name in file.given or (how == "?=" and name in file.variables):
        return
    before = file.variables.get(name, "") if how == "+=" else ""
    file.variables[name] = _OPEN if open_ended else f"{before} {value}".strip()


def _rules(file: _File, match: re.Match[str]) -> list[_Rule]:
    names = _filled(match["targets"], file, "", 0).split()
    file.one_shell |= ".ONESHELL" in names
    rules = [file.rules.setdefault(name, _Rule()) for name in names]
    for rule in rules:
        rule.needs += _filled(match["needs"] or "", file, "", 0).split()
        rule.recipe += [match["recipe"]] if match["recipe"] else []
    return rules


def _lines(file: _File, target: str, done: set[str], depth: int) -> Iterator[str]:
    """The lines that make runs for a target: those of what it needs first, each target once."""
    rule = file.rules.get(target)
    if rule is None or target in done or depth > _DEEPEST:
        return
    done.add(target)
    for need in rule.needs:
        yield from _lines(file, need, done, depth + 1)
    for line in "\n".join(rule.recipe).replace("\\\n", "\0").split("\n"):
        ignored = line.lstrip("@+ ").startswith("-")
        text = _filled(line.replace("\0", "\\\n").lstrip("@+- "), file, target, 0)
        if text.strip() and not text.startswith("#"):
            yield text + _IGNORED if ignored else text


def _filled(text: str, file: _File, target: str, depth: int) -> str:
    """The text with what make puts in place of its variables; `$$` is the shell's own `$`."""
    if depth > _DEEPEST:
        return _OPEN
    return _REFERENCE.sub(lambda match: _value(match, file, target, depth), text)


def _value(match: re.Match[str], file: _File, target: str, depth: int) -> str:
    if match[0] == "$$":
        return "$"
    name = match["round"] or match["curly"] or match["one"] or ""
    if name == "@":
        return target
    if name.startswith("shell "):
        return f"$({_filled(name.removeprefix('shell '), file, target, depth + 1)})"
    if re.fullmatch(r"[\w.-]+", name):
        return _filled(file.variables.get(name, ""), file, target, depth + 1)
    return _OPEN


def _quoted(file: _File, name: str) -> str:
    value = _filled(file.variables.get(name, ""), file, "", 0)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
