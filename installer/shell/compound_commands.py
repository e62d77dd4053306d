"""Turns the grammar's tree of commands into `syntax` values, and sets right what the tree tells differently from bash:

redirections and the words after them belong to the last command of a list, a heredoc's line may end with `&&` or `|`,
and `!` turns round a whole pipeline. Runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from installer.shell import words
from installer.shell.budget import Budget
from installer.shell.last_command import added, parts_of, with_text
from installer.shell.syntax import (
    Assignment,
    Background,
    Block,
    Broken,
    Case,
    Chain,
    Command,
    Function,
    Group,
    If,
    Loop,
    Not,
    Opaque,
    Pipeline,
    Redirect,
    Simple,
    Test,
    Word,
)
from installer.shell.words import WORDS, line_of, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

DEPTH = 40
"""Deeper nesting is not followed; no install script has it."""
_SKIPPED = frozenset(("comment", ";", "\n", ";;", "(", ")", "{", "}", "$(", "`", "do", "done", "then", "else", "fi"))


class Compounds:
    def __init__(self, budget: Budget) -> None:
        self.broken: list[Broken] = []
        self._depth = 0
        self._budget = budget
        self.line = 1
        """Where reading is."""

    def block(self, nodes: Iterable[Node], into: list[Command] | None = None) -> Block:
        """The commands among `nodes`, in order. They are put `into` a list one by one. Raises `SpentError`."""
        found = [] if into is None else into
        for node in nodes:
            if node.type == "&" and found:
                found[-1] = self._background(found[-1])
            elif node.type not in _SKIPPED and not node.is_error:
                found.append(self.command(node))
        return tuple(found)

    def command(self, node: Node) -> Command:
        self._depth += 1
        self.line = line_of(node)
        try:
            if self._depth > DEPTH:
                return self._deep(node)
            return self._command(node)
        finally:
            self._depth -= 1

    def _deep(self, node: Node) -> Command:
        why = f"it is nested more than {DEPTH} levels deep"
        found = Broken(line_of(node), text_of(node).partition("\n")[0][:80], why)
        self.broken.append(found)
        return found

    def _command(self, node: Node) -> Command:  # noqa: C901, PLR0911 - one line a kind
        line, text = line_of(node), text_of(node)
        match node.type:
            case "command" | "declaration_command" | "unset_command" | "variable_assignment" | "variable_assignments":
                return self._simple(node)
            case "test_command":
                return self._test(node)
            case "list":
                return self._chain(node)
            case "pipeline":
                return self._pipeline(node)
            case "negated_command":
                return Not(line, text, self.command(node.children[-1]))
            case "redirected_statement":
                return self._redirected(node)
            case "subshell" | "compound_statement":
                if text.startswith("(("):
                    return Test(line, text, (Word((Opaque(text),), text, line),), True)
                return Group(line, text, self.block(node.children), node.type == "subshell")
            case "if_statement":
                return self._if(node)
            case "for_statement" | "while_statement" | "c_style_for_statement":
                return self._loop(node)
            case "case_statement":
                return self._case(node)
            case "function_definition":
                return self._function(node)
        return Broken(line, text.partition("\n")[0][:80], f"a {node.type.replace('_', ' ')} is not followed")

    def inside(self, node: Node) -> Block:
        """The commands of a `$(…)`."""
        self._depth += 1
        try:
            if self._depth > DEPTH:
                return (self._deep(node),)
            return self.block(node.children)
        finally:
            self._depth -= 1

    def _word(self, node: Node) -> Word:
        self._budget.made(node.end_byte - node.start_byte)
        return words.word(node, self.inside)

    def _simple(self, node: Node) -> Simple:
        found, assignments, redirects = list[Word](), list[Assignment](), list[Redirect]()
        declares = ""
        if node.type in ("declaration_command", "unset_command"):
            declares = text_of(node.children[0])
            found.append(self._word(node.children[0]))
        bare = node.type == "variable_assignment"
        for child in [node] if bare else node.children[1 if declares else 0 :]:
            if child.type == "variable_assignment":
                assignments.append(self._assignment(child))
            elif child.type.endswith("redirect"):
                redirect, more = self._redirect(child)
                redirects.append(redirect)
                found += more
            elif child.type in WORDS or child.type == "command_name" or _is_sign(child):
                found.append(self._word(child))
        return Simple(
            line_of(node), text_of(node), tuple(found), tuple(assignments), tuple(redirects), declares
        )  # fmt: skip

    def _assignment(self, node: Node) -> Assignment:
        target, operator = node.children[0], text_of(node.children[1])
        value = node.children[2] if len(node.children) > 2 else None
        name, _, index = text_of(target).rstrip("]").partition("[")
        if value is not None and value.type == "array":
            elements = tuple(self._word(child) for child in value.children if child.type in WORDS)
            return Assignment(name, None, elements, operator == "+=", index)
        return Assignment(name, self._word(value) if value else None, None, operator == "+=", index)

    def _redirect(self, node: Node) -> tuple[Redirect, list[Word]]:
        """A redirection, and the words that the grammar puts into it though they belong to the command."""
        if node.type == "herestring_redirect":
            content = self._word(node.children[-1])
            return Redirect("<<<", "", None, content), []
        descriptor, operator, found = "", "", list[Word]()
        for child in node.children:
            if child.type == "file_descriptor":
                descriptor = text_of(child)
            elif child.type in WORDS:
                found.append(self._word(child))
            elif not child.is_named:
                operator += text_of(child)
        return Redirect(operator, descriptor, found[0] if found else None), found[1:]

    def _redirected(self, node: Node) -> Command:
        body = node.children[0] if not node.children[0].type.endswith("redirect") else None
        command: Command = self.command(body) if body else Simple(line_of(node), text_of(node))
        for child in node.children:
            if child.type == "heredoc_redirect":
                command = self._heredoc(command, child)
            elif child.type.endswith("redirect"):
                redirect, more = self._redirect(child)
                command = added(command, redirect, more)
        return with_text(command, words.last_command(node))

    def _heredoc(self, command: Command, node: Node) -> Command:
        """`cmd <<EOF > file && other`: the rest of the line is inside the redirection."""
        start = next((text_of(child) for child in node.children if child.type == "heredoc_start"), "")
        body = next((child for child in node.children if child.type == "heredoc_body"), None)
        content = words.heredoc(body, start[:1] in "'\"\\" and bool(start), self.inside) if body else None
        if content and node.children[0].type == "<<-":
            content = words.without_tabs(content)
        command = added(command, Redirect("<<", "", None, content), [])
        rest = [c for c in node.children if c.type not in ("<<", "<<-", "heredoc_start", "heredoc_body", "heredoc_end")]
        operator = ""
        for child in rest:
            if child.type.endswith("redirect"):
                redirect, more = self._redirect(child)
                command = added(command, redirect, more)
            elif not child.is_named:
                operator = child.type
            elif child.type in WORDS:
                command = added(command, None, [self._word(child)])
            elif operator in ("&&", "||"):
                command = Chain(command.line, command.text, command, ((operator, self.command(child)),))
            else:
                command = Pipeline(command.line, command.text, (command, *parts_of(self.command(child))))
        return command

    def _chain(self, node: Node) -> Command:
        """The tree nests a list to the left, once for every `&&`."""
        rest: list[tuple[str, Node]] = []
        left = node
        while left.type == "list":
            left, operator, right = (child for child in left.children if child.type != "comment")
            rest.append((text_of(operator), right))
        first, last = self.command(left), [(operator, self.command(right)) for operator, right in reversed(rest)]
        return Chain(line_of(node), text_of(node), first, tuple(last))

    def _pipeline(self, node: Node) -> Command:
        parts = [self.command(child) for child in node.children if child.is_named and child.type != "comment"]
        first, line, text = parts[0], line_of(node), text_of(node)
        if isinstance(first, Not):
            return Not(line, text, Pipeline(line, text, (first.body, *parts[1:])))
        return Pipeline(line, text, tuple(parts))

    def _background(self, command: Command) -> Command:
        """`a; b && c &`: only the last list goes to the background, which the tree tells already."""
        return Background(command.line, command.text, command)

    def _test(self, node: Node) -> Test:
        return Test(line_of(node), text_of(node), tuple(self._flat(node.children[1:-1])), node.type == "[[")

    def _flat(self, nodes: Sequence[Node]) -> Iterable[Word]:
        """The words of a test, which the tree nests as an expression."""
        waiting = list(reversed(nodes))
        while waiting:
            node = waiting.pop()
            if node.type in WORDS or (not node.is_named and not node.children):
                yield self._word(node)
            elif node.type != "comment":
                waiting += reversed(node.children)

    def _if(self, node: Node) -> If:
        branches: list[tuple[Block, Block]] = [self._branch(node)]
        otherwise: Block = ()
        for child in node.children:
            if child.type == "elif_clause":
                branches.append(self._branch(child))
            elif child.type == "else_clause":
                otherwise = self.block(child.children)
        return If(line_of(node), text_of(node), tuple(branches), otherwise)

    def _branch(self, node: Node) -> tuple[Block, Block]:
        kinds = [child.type for child in node.children]
        then = kinds.index("then") if "then" in kinds else len(kinds)
        ends = [i for i, kind in enumerate(kinds) if kind in ("elif_clause", "else_clause", "fi")]
        return self.block(node.children[1:then]), self.block(node.children[then + 1 : ends[0] if ends else None])

    def _loop(self, node: Node) -> Loop:
        line, text = line_of(node), text_of(node)
        body = next((child for child in node.children if child.type in ("do_group", "compound_statement")), None)
        commands = self.block(body.children) if body else ()
        if node.type == "while_statement":
            until = next(i for i, child in enumerate(node.children) if child.type == "do_group")
            return Loop(
                line, text, text_of(node.children[0]), commands, condition=self.block(node.children[1:until])
            )  # fmt: skip
        kind = text_of(node.children[0])
        if node.type == "c_style_for_statement" or kind != "for":
            return Loop(line, text, "other", commands)
        name = next((text_of(child) for child in node.children if child.type == "variable_name"), "")
        listed = any(child.type == "in" for child in node.children)
        values = [self._word(child) for child in node.children if child.type in WORDS and child.type != "variable_name"]
        return Loop(line, text, "for", commands, name, tuple(values) if listed else None)

    def _case(self, node: Node) -> Case:
        subject = next(self._word(child) for child in node.children if child.type in WORDS)
        items = []
        for item in (child for child in node.children if child.type == "case_item"):
            close = next((i for i, child in enumerate(item.children) if child.type == ")"), len(item.children))
            patterns = tuple(self._word(child) for child in item.children[:close] if child.type in WORDS)
            items.append((patterns, self.block(item.children[close + 1 :])))
        return Case(line_of(node), text_of(node), subject, tuple(items))

    def _function(self, node: Node) -> Function:
        name = next(text_of(child) for child in node.children if child.type == "word")
        body = node.children[-1]
        return Function(line_of(node), text_of(node), name, (self.command(body),))


def _is_sign(node: Node) -> bool:
    """Whether a bare sign of the grammar is a word of the command, such as a lone `=`."""
    return not node.is_named and node.type not in _SKIPPED and node.type != "&"
