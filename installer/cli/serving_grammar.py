"""The grammar of those verbs of `server` that prove, measure and change a server that runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

Command = Callable[..., argparse.ArgumentParser]


def add(verbs: Any, command: Command, deployment: Callable[..., None]) -> None:
    """`command` makes one verb, `deployment` gives it the options that say what is to be deployed."""
    prove = command(
        verbs, "prove", "prove", "prove", "ask it for all that its recipe promises, and say what came of it"
    )
    prove.add_argument("--strict", action="store_true", help="exit 4 where something could not be judged")
