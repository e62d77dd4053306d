"""Over how many GPUs a server's command line spreads a model. Pure; what is not a number counts as one."""

from __future__ import annotations

from collections.abc import Sequence

from installer.core.text.numbers import is_whole

_FLAGS = frozenset({"--tensor-parallel-size", "--tp-size", "--tp", "-tp"})
"""Of SGLang and vLLM; `--tp` is a prefix that SGLang's parser takes (docs of both engines)."""


def tensor_parallel(arguments: Sequence[str]) -> int:
    """The tensor-parallel size that the words after the entry point ask for; the last one counts, as in argparse."""
    found = 1
    for position, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name.replace("_", "-") not in _FLAGS:
            continue
        text = value if equals else next(iter(arguments[position + 1 : position + 2]), "")
        found = int(text) if is_whole(text) and int(text) > 0 else found
    return found
