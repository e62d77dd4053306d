"""The command line of a server, carried over to another release or another engine. Pure; guesses no value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from installer.core.procedure import Launch
from installer.core.stack import EngineFacts, Flag

_SAME = {"--host": "--host", "--port": "--port", "--served-model-name": "--served-model-name", "--dtype": "--dtype",
         "--trust-remote-code": "--trust-remote-code", "--api-key": "--api-key"}  # fmt: skip
_FROM_SGLANG = _SAME | {
    "--context-length": "--max-model-len", "--tp-size": "--tensor-parallel-size",
    "--tensor-parallel-size": "--tensor-parallel-size", "--tp": "--tensor-parallel-size",
    "--mem-fraction-static": "--gpu-memory-utilization", "--max-running-requests": "--max-num-seqs",
    "--kv-cache-dtype": "--kv-cache-dtype",
}  # fmt: skip
"""What the flags of SGLang are called in vLLM (docs of both engines: server arguments, engine arguments)."""
_FROM_VLLM = {theirs: ours for ours, theirs in _FROM_SGLANG.items() if ours not in ("--tp", "--tp-size")}
MISTRAL_FORMATS = ("--tokenizer-mode", "mistral", "--config-format", "mistral", "--load-format", "mistral")
"""Loads a model from Mistral's own files, past Transformers (vLLM's recipe for Ministral 3, from 0.11.0 on)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option as it was written: its name, and the words of its value."""

    name: str
    values: tuple[str, ...] = ()
    joined: bool = False
    """Whether the value hangs on the name with an equals sign."""

    @property
    def words(self) -> tuple[str, ...]:
        return (f"{self.name}={self.values[0]}",) if self.joined else (self.name, *self.values)


def options(arguments: Sequence[str]) -> Iterator[Option]:
    """The options among the words, in order; words before the first option come as one without a name."""
    name: str | None = ""
    values: list[str] = []
    for word in (*arguments, None):
        if word is None or word.startswith("--"):
            if name or values:
                yield Option(name or "", tuple(values))
            name, equals, value = (word or "").partition("=")
            values = []
            if equals:
                yield Option(name, (value,), joined=True)
                name = ""
        else:
            values.append(word)


def known(name: str, engine: EngineFacts) -> tuple[Flag, ...]:
    """The flags of `engine` that its parser takes `name` for: one, none, or several."""
    wanted = name.replace("_", "-") if engine.underscores else name
    exact = [flag for flag in engine.flags if wanted in flag.names]
    if exact or not engine.prefixes:
        return tuple(exact)
    return tuple(flag for flag in engine.flags if any(spelling.startswith(wanted) for spelling in flag.names))


def carried(launch: Launch, engine: EngineFacts) -> tuple[Launch, tuple[str, ...]]:
    """The launch with only what this release of the same engine takes, and the options that were left out."""
    kept: list[str] = []
    dropped = []
    for option in options(launch.arguments):
        found = known(option.name, engine) if option.name else ()
        unknown = bool(option.name and engine.flags) and len(found) != 1
        if unknown or (found and found[0].choices and option.values and option.values[0] not in found[0].choices):
            dropped.append(option.name)
        else:
            kept += option.words
    return replace(launch, arguments=tuple(kept)), tuple(dropped)


def translated(launch: Launch, engine: EngineFacts) -> Launch:
    """The launch of the same model with another engine: what both have, under its name there."""
    names = _FROM_SGLANG if engine.engine == "vllm" else _FROM_VLLM
    flag = "--model" if engine.engine == "vllm" else "--model-path"
    words: list[str] = [flag, launch.model] if launch.model else []
    for option in options(launch.arguments):
        if target := names.get(option.name.replace("_", "-")):
            words += [target, *option.values]
    return carried(replace(launch, engine=engine.engine, arguments=tuple(words)), engine)[0]
