"""Follows a script over its syntax: what would run, in what order, with which words. Runs nothing.

What is decided is followed; where something is not known, both sides are, and the steps say on what they depend. A
command that does its work (an install, a download) is presumed to succeed.
"""

from __future__ import annotations

import re
from dataclasses import replace

from installer.shell import conditions, expansion
from installer.shell.simple_commands import Simples, Source
from installer.shell.state import UNKNOWN, State, by_default, joined
from installer.shell.syntax import (
    ELSEWHERE,
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
    Pipeline,
    Simple,
    Test,
    Word,
)
from installer.shell.termination import block_ends, does_nothing, ends
from installer.shell.trace import ASKED, FALSE, PRESUMED, TRUE, UNLIKELY, Context, Record, shown

_TURNED = {TRUE: FALSE, FALSE: TRUE, PRESUMED: UNLIKELY, UNLIKELY: PRESUMED, ASKED: ASKED}
_DEAD = ("exit", "return")
_ARGUMENTS = re.compile(r"\$\{?#(?!\w)|\$\{?1\b|\bgetopts\b")


class Evaluator:
    def __init__(self, record: Record, source: Source) -> None:
        self.record = record
        self._simples = Simples(self, record, source)

    def block(self, block: Block, state: State, context: Context) -> str:
        """Follow commands in order; answers how the last one ends."""
        status, before = TRUE, None
        for command in block:
            if state.flow:
                if state.flow == "exit" and isinstance(before, (Simple, Loop)):
                    self.record.dead(command, context)
                break
            self._after_the_end(before, command, state, context)
            status, before = self.command(command, state, context), command
        return status

    def _after_the_end(self, before: Command | None, command: Command, state: State, context: Context) -> None:
        """`set -e`, and then a look at `$?`: it is never anything but 0."""
        if not isinstance(command, If) or not isinstance(before, (Simple, Pipeline)) or context.tolerated:
            return
        asked = command.branches[0][0]
        if "errexit" in state.options and asked and any("$?" in part.text for part in asked):
            self.record.useless.append((command.line, shown(before.text, 60)))

    def command(self, command: Command, state: State, context: Context) -> str:  # noqa: C901, PLR0911, PLR0912 - one line a kind
        if isinstance(command, (Simple, Test, Loop)):
            state.budget.step(context.line or command.line, command.text)
        match command:
            case Simple():
                return self._simples.run(command, state, context)
            case Test():
                words = [text for word in command.words for text in self._fields(word, state, context)]
                return conditions.decide(words, state, command.extended)
            case Chain():
                return self._chain(command, state, context)
            case Pipeline():
                return self._pipeline(command, state, context)
            case Not():
                return _TURNED[self.command(command.body, state, replace(context, tolerated=not context.asked))]
            case Background():
                self.command(command.body, state.copy(), replace(context, background=True))
                return TRUE
            case Group():
                inside = state.copy() if command.subshell else state
                return self.block(command.body, inside, self._simples.redirected(command.redirects, inside, context))
            case If():
                return self._if(command, state, context)
            case Loop():
                return self._loop(command, state, context)
            case Case():
                return self._case(command, state, context)
            case Function():
                elsewhere = context.line is not None
                state.functions[command.name] = (
                    replace(command, line=ELSEWHERE, file=context.file) if elsewhere else command
                )
                return TRUE
            case Broken():
                self.record.unclear(command.line, command.text, command.why)
        return ASKED

    def _fields(self, word: Word, state: State, context: Context) -> list[str]:
        return expansion.fields(word, state, self._simples.substitution(state, context))

    def _chain(self, chain: Chain, state: State, context: Context) -> str:
        parts = [("", chain.first), *chain.rest]
        status, before = TRUE, ""
        for position, (operator, command) in enumerate(parts):
            if state.flow:
                break
            inner = self._caught(chain, position, state, context)
            if operator == "&&" and status == PRESUMED and _leaves_off(parts[position - 1][1], command, state):
                status = ASKED
            if operator == "" or (operator, status) in _ON:
                status = self.command(command, state, inner)
            elif (operator, status) not in _OFF:
                inner = (
                    inner.under(before)
                    if operator == "&&"
                    else conditions.unless(inner, before, (parts[position - 1][1],))
                )
                self._follow_conditional(command, state, inner, usual=status == ASKED)
                status = ASKED if operator == "&&" else PRESUMED
            before = shown(command.text, 70)
        return status

    def _caught(self, chain: Chain, position: int, state: State, context: Context) -> Context:
        """What becomes of a failure of the command at `position`: the next `||` catches it, unless that ends all."""
        later = [command for operator, command in chain.rest[position:] if operator == "||"]
        if not later:
            behind = [command for _, command in chain.rest[position:]]
            return replace(context, guards=context.guards or not all(map(does_nothing, behind)))
        if ends(later[0], state.functions):
            return replace(context, fatal=True)
        return replace(context, tolerated=True, thrown_away=does_nothing(later[0]))

    def _follow_conditional(self, command: Command, state: State, context: Context, usual: bool) -> None:
        """Follow what may not happen. `usual`: it is as likely as not, so what it changes is no longer known."""
        other = state.copy()
        self.command(command, other, context)
        if other.flow == "":
            state.take(joined(state, other) if usual else _with_marks(state, other))

    def _pipeline(self, pipeline: Pipeline, state: State, context: Context) -> str:
        status, stdin = TRUE, context.stdin
        for position, part in enumerate(pipeline.parts):
            last = position == len(pipeline.parts) - 1
            hidden = not last and "pipefail" not in state.options
            upstream = pipeline.parts[position - 1].text if position else ""
            inner = replace(context, stdin=stdin, upstream=upstream, piped=True, tolerated=context.tolerated or hidden)
            inner = replace(inner, hidden=context.hidden or (hidden and not context.tolerated))
            inside = state.copy()
            stdin = UNKNOWN if last else self._simples.piped(part, inside, inner)
            status = self.command(part, inside, inner)
            state.files, state.made = inside.files, inside.made
        return status

    def _if(self, node: If, state: State, context: Context) -> str:
        bodies = [*(body for _, body in node.branches), node.otherwise]
        alive: list[State] = []
        before = context
        for position, (asked, body) in enumerate(node.branches):
            others = [other for index, other in enumerate(bodies) if index != position]
            only = all(block_ends(other, state.functions) for other in others)
            on_failure = [body] if conditions.is_negated(asked) else bodies[position + 1 :]
            inner = replace(before, tolerated=before.tolerated or not _leads_to_end(on_failure, state), asked=True)
            status = self.block(asked, state, inner)
            if state.flow or status == FALSE:
                continue
            if status == TRUE:
                self.block(body, state, before)
                return self._after(state, alive)
            text = shown("; ".join(command.text for command in asked), 70)
            taken = state.copy()
            plain = status == PRESUMED or (status == ASKED and only)
            self.block(body, taken, before if plain else conditions.if_so(before, text, asked))
            if status == PRESUMED:
                self.block(node.otherwise, state.copy(), conditions.unless(before, text, asked))
                return self._after(taken, alive, state)
            if taken.flow not in _DEAD and status == ASKED:
                alive.append(taken)
                before = conditions.unless(before, text, asked)
        self.block(node.otherwise, state, before)
        return self._after(state, alive)

    def _after(self, last: State, alive: list[State], into: State | None = None) -> str:
        """What is known after an `if`: what every branch that continues agrees about."""
        ways = [*alive, last] if last.flow not in _DEAD or not alive else alive
        result = ways[0]
        for way in ways[1:]:
            result = joined(result, way)
        (into or last).take(result)
        return PRESUMED

    def _loop(self, loop: Loop, state: State, context: Context) -> str:
        if loop.kind == "for" and loop.words is not None:
            values = [value for word in loop.words for value in self._fields(word, state, context)]
            self._each(loop, values, state, context)
        elif loop.kind == "for":
            self._each(loop, list(state.arguments or [UNKNOWN]), state, context)
        elif loop.kind == "other":
            self._round(loop, state, context)
        else:
            self._while(loop, state, context)
        return PRESUMED

    def _each(self, loop: Loop, values: list[str], state: State, context: Context) -> None:
        for value in values:
            state.variables[loop.variable] = value
            inner = context.under(shown(f"for {loop.variable} in …")) if value == UNKNOWN else context
            if self._round(loop, state, inner):
                return

    def _round(self, loop: Loop, state: State, context: Context) -> bool:
        """Go through the body once; whether that left the loop."""
        self.block(loop.body, state, context)
        over = state.flow in ("break", *_DEAD)
        if state.flow in ("break", "continue"):
            state.flow = ""
        return over

    def _while(self, loop: Loop, state: State, context: Context) -> None:
        status = self.block(loop.condition, state, replace(context, tolerated=True, asked=True))
        goes_on = status if loop.kind == "while" else _TURNED[status]
        if goes_on == FALSE:
            return
        text = shown("; ".join(command.text for command in loop.condition), 70)
        by_arguments = state.arguments is None and _of_arguments(loop)
        if goes_on in (TRUE, PRESUMED) and not by_arguments:
            left = self._round(loop, state, context)
            if goes_on == TRUE and not left and not _mentions_end(loop):
                state.flow = "exit"
            return
        inner = context.under(text) if loop.kind == "while" else conditions.unless(context, text, loop.condition)
        other = state.copy()
        self._round(loop, other, inner)
        if other.flow == "":
            after = joined(state, other) if goes_on == ASKED or by_arguments else _with_marks(state, other)
            state.take(by_default(state, after) if by_arguments else after)

    def _case(self, case: Case, state: State, context: Context) -> str:
        subject = expansion.text(case.subject, state, self._simples.substitution(state, context))
        alive: list[State] = []
        for patterns, body in case.items:
            texts = [expansion.text(pattern, state, self._simples.substitution(state, context)) for pattern in patterns]
            if UNKNOWN not in subject:
                if any(conditions.fits(subject, text) for text in texts):
                    self.block(body, state, context)
                    return PRESUMED
                continue
            other = state.copy()
            self.block(body, other, context.under(f"{shown(case.subject.text)} is {'|'.join(texts)}"))
            if other.flow not in _DEAD:
                alive.append(other)
        return self._after(state if not alive else alive.pop(), alive, state) if UNKNOWN in subject else TRUE


_ON = {("&&", TRUE), ("&&", PRESUMED), ("||", FALSE), ("||", UNLIKELY)}
_OFF = {("&&", FALSE), ("||", TRUE)}


_QUESTIONS = ("python", "curl", "wget", "uv run")
"""Commands that ask something where what follows them ends the script."""


def _leaves_off(before: Command, command: Command, state: State) -> bool:
    """`python -c "import x" && exit 0`: done already, if so."""
    return before.text.startswith(_QUESTIONS) and ends(command, state.functions)


def _with_marks(state: State, other: State) -> State:
    """`state`, but what was made on a side way may be there."""
    found = state.copy()
    found.venvs = {**other.venvs, **state.venvs}
    return found


def _of_arguments(loop: Loop) -> bool:
    """Whether a loop goes through what the script is started with: `while [ $# -gt 0 ]`, `while getopts …`."""
    return any(_ARGUMENTS.search(command.text) for command in loop.condition)


def _leads_to_end(blocks: list[Block], state: State) -> bool:
    return any(block_ends(block, state.functions) for block in blocks)


def _mentions_end(loop: Loop) -> bool:
    return any(word in command.text for command in loop.body for word in ("break", "exit", "return"))
