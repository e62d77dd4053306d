"""Over how many GPUs a server's command line spreads a model. Pure; what is not a number counts as one."""

from __future__ import annotations

from collections.abc import Sequence

from installer.core.plans.launch_words import last_value
from installer.core.text.numbers import is_whole

_FLAGS = ("--tensor-parallel-size", "--tp-size", "--tp", "-tp")
"""Of SGLang and vLLM; `--tp` is a prefix that SGLang's parser takes (docs of both engines)."""


def tensor_parallel(arguments: Sequence[str]) -> int:
    """The tensor-parallel size that the words after the entry point ask for; the last one counts, as in argparse."""
    text = last_value(arguments, *_FLAGS) or ""
    return int(text) if is_whole(text) and int(text) > 0 else 1
