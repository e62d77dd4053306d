"""The options that name a model instead of a recipe."""

from __future__ import annotations

import argparse

MODEL_OPTIONS = (
    ("model", "ORG/NAME|DIR", str, "derive a recipe for this model: its name on the hub, or a folder"),
    ("context", "N", int, "with --model: the context length, in tokens"),
    ("users", "N", int, "with --model: concurrent requests"),
    ("engine", "NAME", str, "with --model: the engine (default: one that serves it)"),
    ("quantization", "METHOD", str, "with --model: the quantization, such as fp8 or awq"),
    ("revision", "REVISION", str, "with --model: a branch, tag or commit on the hub"),
)


def add(parser: argparse.ArgumentParser, *, top: bool = False) -> None:
    """Kept as `wish_NAME`: `fit` asks other things with the same words."""
    absent = None if top else argparse.SUPPRESS
    for name, value, kind, text in MODEL_OPTIONS:
        parser.add_argument(f"--{name}", metavar=value, type=kind, dest=f"wish_{name}", default=absent, help=text)
