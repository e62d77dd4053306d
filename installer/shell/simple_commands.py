"""Follows one simple command: works out its words, its redirections and what is set for it, and passes it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from installer.shell import expansion, printing, tables, wrappers
from installer.shell.commands import Call, environments, installing, interpret
from installer.shell.state import UNKNOWN, State, Value
from installer.shell.stored_values import appended, write
from installer.shell.syntax import (
    ELSEWHERE,
    Assignment,
    Block,
    Command,
    Function,
    Group,
    Redirect,
    Simple,
    Substitution,
    Word,
    is_handed_in,
)  # fmt: skip
from installer.shell.termination import stops_servers
from installer.shell.trace import PRESUMED, TRUE, UNLIKELY, Context, Output, Ran, Record
from installer.shell.unquoted_bounds import keeps_from_running

Source = Callable[[str], "str | None"]
"""The text of a file next to the script."""
_PLAIN = frozenset(("echo", "printf", "cd", "mkdir", "test", "[", "true", ":", "export", "local", "set", "tee", "cat"))
"""Commands that no environment variable matters to."""
NESTED = 3
"""Deeper in each other, `$(…)` are not calculated."""
CALLS = 12
"""Functions that call each other deeper than this are not followed."""


class Follows(Protocol):
    """What follows commands of any kind: an evaluator."""

    def block(self, block: Block, state: State, context: Context) -> str: ...
    def command(self, command: Command, state: State, context: Context) -> str: ...


class Simples:
    def __init__(self, evaluator: Follows, record: Record, source: Source) -> None:
        self._evaluator = evaluator
        self._record = record
        self._source = source
        self._locals: list[dict[str, Value | None]] = []
        """What the variables of each running function hid."""

    def run(self, command: Simple, state: State, context: Context) -> str:
        """Follow it; answers how it ends."""
        if command.declares:
            return self._declared(command, state, context)
        words = [text for word in command.words for text in self._fields(word, state, context)]
        context = self.redirected(command.redirects, state, context)
        if not words:
            self._assign(command.assignments, state, context)
            return PRESUMED
        given = {a.name: self._value(a, state, context) for a in command.assignments}
        ran = self._ran(command, words, given, state, context)
        status = self._followed(ran, state, context)
        self._written(ran, state)
        return status

    def _fields(self, word: Word, state: State, context: Context) -> list[str]:
        return expansion.fields(word, state, self.substitution(state, context))

    def _ran(
        self, command: Simple, words: list[str], given: dict[str, Value], state: State, context: Context
    ) -> Ran:  # fmt: skip
        own_function = words[0] in state.functions
        rest, more, off = (words, {}, []) if own_function else wrappers.unwrapped(words)
        exported: dict[str, str] = {}
        if rest and rest[0] not in _PLAIN:
            state.budget.made(20 * len(state.exported))
            exported = {name: state.text(name) or "" for name in sorted(state.exported) if name in state.variables}
        own = {name: value for name, value in given.items() if isinstance(value, str)}
        return Ran(
            line=context.at(command.line, is_handed_in(command)),
            words=tuple(rest),
            text=command.text,
            written=tuple(word.text for word in command.words),
            environment={**exported, **own, **more},
            outputs=self._outputs(command.redirects, state, context),
            stdin=context.stdin,
            context=context,
            tolerated=context.tolerated and not context.hidden and not context.fatal,
            options=state.options,
            folder=state.folder,
            active=state.active,
            after=len(self._record.steps),
            silent=context.silent,
            wrappers=tuple(off),
        )

    def _followed(self, ran: Ran, state: State, context: Context) -> str:
        self._record.ran.append(ran)
        self._record.stopped += stops_servers(ran.words)
        if not ran.words:
            return TRUE
        if ran.words[0] in state.functions and "command" not in ran.wrappers:
            return self._called(state.functions[ran.words[0]], ran, state, context)
        if keeps_from_running(ran):
            return UNLIKELY
        call = Call(ran, state, self._record, self._source, self._follow, interpret)
        status = interpret(call)
        if "exec" in ran.wrappers:
            state.flow = "exit"
        return status

    def _called(self, function: Function, ran: Ran, state: State, context: Context) -> str:
        if len(context.calls) >= CALLS or function.name in context.calls:
            self._record.unclear(ran.line, ran.text, f"the function {function.name} calls itself")
            return PRESUMED
        kept, state.arguments = state.arguments, ran.handed_on(state.arguments)
        line = ran.line if function.line == ELSEWHERE else context.line
        inner = replace(context.within(function.name, line, file=function.file), stdin=ran.stdin, site=ran.line)
        self._locals.append({})
        status = self._evaluator.block(function.body, state, inner)
        for name, value in self._locals.pop().items():
            state.variables.pop(name, None)
            if value is not None:
                state.variables[name] = value
        state.arguments = kept
        if state.flow == "return":
            state.flow = ""
        return PRESUMED if status in (TRUE, PRESUMED) else status

    def _follow(self, text: str, call: Call, arguments: tuple[str, ...] | None, own: bool, file: str = "") -> str:
        """Follow another text as shell: `bash -c`, a sourced file. `own`: in a shell of its own."""
        from installer.shell.grammar import parse

        context = call.ran.context
        if len(context.calls) >= CALLS:
            call.unclear("it runs itself over and over")
            return PRESUMED
        inner = context.within("\0", call.ran.line, None if file else self._record.place(text), file)
        state, kept = call.state.copy() if own else call.state, call.state.arguments
        if own:
            state.functions, state.options = {}, frozenset()
        state.arguments = arguments if arguments is not None else (() if own else kept)
        script = parse(text, call.state.budget)
        for broken in script.broken:
            call.within(file, broken.line).unclear(f"line {broken.line} of what it runs: {broken.why}")
        status = self._evaluator.block(script.body, state, inner)
        if own:
            call.state.files, call.state.made, call.state.venvs = state.files, state.made, state.venvs
        else:
            state.arguments = kept
            state.flow = "" if state.flow == "return" else state.flow
        return PRESUMED if status == TRUE else status

    def substitution(self, state: State, context: Context) -> expansion.Substitute:
        """What works out a `$(…)`, and follows what runs in it."""

        def substitute(part: Substitution) -> str:
            inside = replace(context, tolerated=True, asked=True, stdin=None, nested=context.nested + 1)
            # What is nested deeper is followed once, and not calculated first: that would double at every level.
            found = self._printed(part.body, state, inside) if context.nested < NESTED else UNKNOWN
            if UNKNOWN in found:
                self._evaluator.block(part.body, state.copy(), inside)
                return UNKNOWN
            return found.rstrip("\n")

        return substitute

    def _printed(self, body: Sequence[Command], state: State, context: Context) -> str:
        """What a few commands in a row print: `cd x && pwd`, `cat f | head -1`."""
        from installer.shell.syntax import Chain, Pipeline

        if len(body) != 1:
            return UNKNOWN
        command, inside = body[0], state
        if isinstance(command, Chain):
            last = command.rest[-1][1]
            if all(operator == "||" for operator, _ in command.rest):
                # The first that is known to print something: `command -v python3 || command -v python`.
                return self._printed((command.first,), state, context)
            if any(operator == "||" for operator, _ in command.rest) or not isinstance(last, Simple):
                return UNKNOWN
            inside = state.copy()
            for part in (command.first, *(part for _, part in command.rest[:-1])):
                self._evaluator.command(part, inside, replace(context, asked=True))
            command = last
        parts = command.parts if isinstance(command, Pipeline) else (command,)
        text: str | None = None
        for part in parts:
            if not isinstance(part, Simple) or part.assignments:
                return UNKNOWN
            text = self._prints(part, inside, replace(context, stdin=text))
        return UNKNOWN if text is None else text

    def _prints(self, command: Simple, state: State, context: Context) -> str:
        def unknown(part: Substitution) -> str:
            return self.substitution(state, context)(part)

        words = [text for word in command.words for text in expansion.fields(word, state, unknown)]
        if (path := environments.found_by(words, state, installing.installed(self._record.steps))) is not None:
            return path + "\n" if path else ""
        stdin = self.redirected(command.redirects, state, context).stdin
        return printing.printed(words, stdin, self._read(state), state, self._record.facts)

    def piped(self, part: Command, state: State, context: Context) -> str:
        """What a part of a pipeline passes to the next."""
        if isinstance(part, Group):
            return UNKNOWN
        return self._prints(part, state, context) if isinstance(part, Simple) else UNKNOWN

    def redirected(self, redirects: Sequence[Redirect], state: State, context: Context) -> Context:
        """The surroundings of a command with these redirections."""
        for redirect in redirects:
            if redirect.content is not None:
                text = expansion.text(redirect.content, state, self.substitution(state, context))
                context = replace(context, stdin=text + ("\n" if redirect.operator == "<<<" else ""))
            elif redirect.operator == "<":
                path = expansion.text(redirect.target, state, self.substitution(state, context))
                context = replace(context, stdin=self._read(state)(path))
            elif redirect.descriptor in ("", "2") and redirect.target and redirect.target.text == "/dev/null":
                context = replace(
                    context, silent=context.silent or redirect.descriptor == "2" or "&" in redirect.operator
                )
        return context

    def _outputs(self, redirects: Sequence[Redirect], state: State, context: Context) -> tuple[Output, ...]:
        substitute = self.substitution(state, context)
        return tuple(
            Output(found.operator, found.descriptor, expansion.text(found.target, state, substitute))
            for found in redirects
            if found.content is None
        )

    def _written(self, ran: Ran, state: State) -> None:
        """Remember what the command writes into files."""
        for output in ran.outputs:
            if output.operator in (">", ">>", ">|", "&>", "&>>") and not output.path.startswith("/dev/"):
                text = UNKNOWN
                if output.descriptor in ("", "1"):
                    text = self._prints_into(ran, state)
                write(state, state.path(output.path), text, output.operator.endswith(">>"))
        if ran.name == "tee" and ran.stdin is not None:
            for word in (word for word in ran.words[1:] if not word.startswith("-")):
                write(state, state.path(word), ran.stdin, "-a" in ran.words)

    def _prints_into(self, ran: Ran, state: State) -> str:
        return printing.printed(ran.words, ran.stdin, self._read(state), state, self._record.facts)

    def _read(self, state: State) -> Callable[[str], str | None]:
        return lambda written: state.content(written, self._source)

    def _value(self, assignment: Assignment, state: State, context: Context) -> Value:
        if assignment.elements is not None:
            return tuple(text for word in assignment.elements for text in self._fields(word, state, context))
        return expansion.text(assignment.value, state, self.substitution(state, context))

    def _assign(self, assignments: Sequence[Assignment], state: State, context: Context) -> None:
        for assignment in assignments:
            name, value = assignment.name, self._value(assignment, state, context)
            if assignment.index and name in state.tables:
                tables.put(state, assignment, value)
            elif assignment.index:
                state.variables[name] = (UNKNOWN,)
            else:
                result = appended(state.variables.get(name), value, assignment.append)
                fits = isinstance(result, tuple) or state.budget.fits(len(result))
                state.variables[name] = result if fits else UNKNOWN

    def _declared(self, command: Simple, state: State, context: Context) -> str:
        """`export X=1`, `local y`, `unset Z`."""
        words = [word.text for word in command.words[1:]]
        names = [*(assignment.name for assignment in command.assignments), *words]
        if command.declares == "local" and self._locals:
            for name in names:
                self._locals[-1].setdefault(name, state.variables.get(name))
        self._record.ran.append(self._ran(command, [command.declares, *words], {}, state, context))
        if command.declares.startswith("unset"):
            for name in words:
                state.variables[name] = ""
                state.exported.discard(name)
            return TRUE
        if tables.declares(words):
            made = [(one.name, self._value(one, state, context)) for one in command.assignments]
            tables.declare(state, made, words)
            return PRESUMED
        self._assign(command.assignments, state, context)
        if (command.declares == "export" or "-x" in words) and "-n" not in words:
            state.exported |= {name for name in names if name.isidentifier()}
        return PRESUMED
