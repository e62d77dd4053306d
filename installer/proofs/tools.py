"""Whether a tool call comes back as a tool call: told to call, left to choose, and a second turn with the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.core.files import foreign_json
from installer.core.proofs import Promises, Proof
from installer.core.text.plain import clean
from installer.knowledge.tables import table
from installer.proofs.reasoning import REASONING_TOKENS, answered
from installer.proofs.server_client import Messages, Reply, Server
from installer.proofs.verdicts import failed, not_promised, proved, refused, unknown

TOLD, CHOSEN = "tool call", "tool choice"
_NAME = "get_weather"
_CITIES, _UNITS = ("Paris", "Lisbon", "Tokyo"), ("celsius", "fahrenheit")
TOOL: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": _NAME,
        "description": "The weather in a city right now.",
        "parameters": {
            "type": "object",
            # Nothing in it can continue for ever, so that even random weights come to its end.
            "properties": {"city": {"type": "string", "enum": _CITIES}, "unit": {"type": "string", "enum": _UNITS}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}
_QUESTION = "What is the weather in Paris right now, in celsius? Use the tool."
_RESULT = '{"temperature": 23, "sky": "clear"}'
_MOST = 256
_REASONED = f"It was still reasoning after {REASONING_TOKENS:,} tokens."
_PARSER = "Start it with the parser for its model (--tool-call-parser), or with a chat template that knows tools."


def called(server: Server, promised: Promises) -> Proof:
    """Told to call the tool, it does: right name, arguments that fit the schema, and an answer to the result."""
    if not promised.tools:
        return not_promised(TOLD, "It was started without a tool call parser (--tool-call-parser).")
    choice = {"type": "function", "function": {"name": _NAME}}
    reply = _asked(server, tool_choice=choice)
    if not reply.ok:
        return refused(TOLD, "a request that names a tool", reply)
    loose = _problem(reply)
    if loose and reply.calls:  # only a tool that is marked strict has its arguments forced into the schema
        reply = _asked(server, tool_choice=choice, strict=True)
        if not reply.ok:
            return refused(TOLD, "a request that names a strict tool", reply)
    if reply.only_reasoned:
        return unknown(TOLD, _REASONED)
    if problem := _problem(reply):
        if server.spec.stand_in:
            return unknown(TOLD, f"{problem} Its weights are random, so this does not tell what its parser can do.")
        return failed(TOLD, problem, _PARSER)
    return _second_turn(server, reply, " It followed the schema only with the tool marked strict." if loose else "")


def chosen(server: Server, promised: Promises) -> Proof:
    """Left to choose, it calls; what must not be is a call that comes as text."""
    if not promised.tools:
        return not_promised(CHOSEN, "It was started without a tool call parser (--tool-call-parser).")
    reply = _asked(server, tool_choice="auto")
    if not reply.ok:
        return refused(CHOSEN, "a request that offers a tool", reply)
    if reply.calls:
        problem = _problem(reply)
        return failed(CHOSEN, problem, _PARSER) if problem else proved(CHOSEN, f"It called {_words(reply)} by itself.")
    if mark := _mark(reply.text):
        return failed(CHOSEN, f"The call was returned as text ({mark}): {clean(reply.text)[:120]}", _PARSER)
    if reply.only_reasoned:
        return unknown(CHOSEN, _REASONED)
    return unknown(CHOSEN, "The model did not call the tool, so its parser was not tested.")


def _asked(server: Server, *, strict: bool = False, **more: Any) -> Reply:
    tool: Mapping[str, Any] = {**TOOL, "function": {**TOOL["function"], "strict": True}} if strict else TOOL
    return _answered(server, _QUESTION, tools=[tool], **more)


def _answered(server: Server, messages: Messages | str, **more: Any) -> Reply:
    return answered(lambda again: server.chat(messages, **{"max_tokens": _MOST, **more, **again}))


def _problem(reply: Reply) -> str:
    """What is wrong with the call of a reply; empty if nothing is."""
    if not reply.calls:
        text = clean(reply.text)[:120]
        return f"Text was returned instead of a call: {text}" if text else "Neither a call nor text was returned."
    function = reply.calls[0].get("function")
    name = function.get("name") if isinstance(function, Mapping) else None
    if name != _NAME:
        return f"It called {name} instead of {_NAME}."
    arguments = function.get("arguments") if isinstance(function, Mapping) else None
    return "" if _fits(arguments) else f"Its arguments do not fit the schema: {clean(str(arguments))[:120]}"


def _fits(arguments: Any) -> bool:
    try:
        value = foreign_json.loads(arguments)
    except (ValueError, TypeError):
        return False
    return (
        isinstance(value, dict)
        and set(value) == {"city", "unit"}
        and value["city"] in _CITIES
        and value["unit"] in _UNITS
    )


def _second_turn(server: Server, reply: Reply, remark: str) -> Proof:
    call = reply.calls[0]
    messages: list[Mapping[str, Any]] = [
        {"role": "user", "content": _QUESTION},
        {"role": "assistant", "content": reply.text or None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": str(call.get("id")), "content": _RESULT},
    ]
    answer = _answered(server, messages, tools=[TOOL])
    if not answer.ok:
        return refused(TOLD, "a second turn with the tool's result", answer)
    if answer.only_reasoned:
        return unknown(TOLD, _REASONED)
    if not (answer.text.strip() or answer.calls or server.spec.stand_in):
        return failed(TOLD, "It called the tool, but generated nothing from its result.", _PARSER)
    used = " and named the 23 degrees of it" if "23" in answer.text else ""
    return proved(TOLD, f"{_words(reply)} was returned as a call, and it used the tool's result{used}.{remark}")


def _words(reply: Reply) -> str:
    function = reply.calls[0].get("function")
    return clean(f"{_NAME}({function.get('arguments')})" if isinstance(function, Mapping) else _NAME)


def _mark(text: str) -> str:
    marks = [str(row["mark"]) for row in table("proofs")["call_marks"]]
    bare = f'"{_NAME}"' if f'"{_NAME}"' in text and "{" in text else ""
    return next((mark for mark in marks if mark in text), bare)
