"""The options that name a model where a recipe might stand."""

from __future__ import annotations

import argparse

MODEL_OPTIONS = (
    ("model", "ORG/NAME|DIR", str, "derive the recipe of this model, of the hub or in a folder"),
    ("context", "N", int, "with --model: tokens of one request"),
    ("users", "N", int, "with --model: so many of them at a time"),
    ("engine", "NAME", str, "with --model: the engine (default: what suits)"),
    ("quantization", "METHOD", str, "with --model: fewer bits of a weight, such as fp8 or awq"),
    ("revision", "REVISION", str, "with --model: a branch, tag or commit at the hub"),
)


def add(parser: argparse.ArgumentParser, *, top: bool = False) -> None:
    """Kept as `wish_NAME`: `fit` asks other things with the same words."""
    absent = None if top else argparse.SUPPRESS
    for name, value, kind, text in MODEL_OPTIONS:
        parser.add_argument(f"--{name}", metavar=value, type=kind, dest=f"wish_{name}", default=absent, help=text)
