"""What assignments and redirections leave behind: values of variables, texts of files. Writes no file."""

from __future__ import annotations

from installer.shell.state import UNKNOWN, State, Value


def appended(before: Value | None, value: Value, append: bool) -> Value:
    """What a variable holds after `X=…` or `X+=…`."""
    if not append or before is None:
        return value
    if isinstance(value, tuple):
        return (*(before if isinstance(before, tuple) else (before,)), *value)
    return (*before[:-1], before[-1] + value) if isinstance(before, tuple) and before else f"{before}{value}"


def write(state: State, path: str, text: str, append: bool) -> None:
    """Remember the text that goes into a file."""
    if UNKNOWN in path:
        return
    before = state.files.get(path, "" if path not in state.made else UNKNOWN) if append else ""
    state.made.add(path)
    if UNKNOWN in (text, before):
        state.files.pop(path, None)
    else:
        state.budget.made(len(text))
        state.files[path] = before + text
