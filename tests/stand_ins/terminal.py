"""The real program in a real terminal: a tmux of its own, whose screen is read back as text. It works in `folder`."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LONGEST_S = 90.0
"""A machine may be busy; nothing is ever waited for as long as this, but a real engine."""
UTF8 = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
"""The environment of a terminal that shows all signs."""


_OF_ANOTHER_TERMINAL = ("TMUX", "TMUX_PANE", "COLUMNS", "LINES")


class Terminal:
    def __init__(
        self, folder: Path, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (120, 40),
        *, longest_s: float = LONGEST_S,
    ) -> None:  # fmt: skip
        self._longest_s = longest_s
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._environment = {name: value for name, value in environment.items() if name not in _OF_ANOTHER_TERMINAL}
        columns, lines = map(str, size)
        # What runs after it keeps the last picture, so that an end that came too early can be read.
        line = f"{shlex.join(command)}; echo left with $?; cat"
        self._do("new-session", "-d", "-c", str(folder), "-x", columns, "-y", lines, line)

    def shows(self, *words: str) -> str:
        """What is shown as soon as all of this is."""
        return self.until(lambda text: all(word in text for word in words), " and ".join(words))

    def until(self, true: Callable[[str], bool], what: str) -> str:
        deadline = time.monotonic() + self._longest_s
        while not true(text := self._do("capture-pane", "-p")):
            assert time.monotonic() < deadline and "left with" not in text, f"never came: {what}\n{text}"
            time.sleep(0.05)
        return text

    def press(self, *keys: str) -> None:
        """As tmux names them: `Enter`, `Escape`, `x`."""
        self._do("send-keys", *keys)

    def coloured(self) -> str:
        """What is shown, with its colours."""
        return self._do("capture-pane", "-p", "-e")

    def close(self) -> None:
        self._do("kill-server")

    def _do(self, *words: str) -> str:
        done = subprocess.run(
            [*self._tmux, *words], env=self._environment, capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout
