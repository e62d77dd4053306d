"""What simple text commands print (`echo`, `cat`, `head`, `cut` …), calculated from known text; else UNKNOWN."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from installer.core.machine.facts import MachineFacts
from installer.shell import filters, machine_answers
from installer.shell.budget import Budget
from installer.shell.state import STARTED, UNKNOWN, State

Read = Callable[[str], "str | None"]
"""The text of a file by its written path; `None` if it is not known."""
_NAMED = re.compile(r"\$\{(\w+)\}|\$(\w+)")
_NUMBER = re.compile(r"[0-9]{1,15}")


def printed(  # noqa: C901, PLR0911 - one line a program
    words: Sequence[str], stdin: str | None, read: Read, state: State, facts: MachineFacts
) -> str:
    """What a command prints, with its last line end."""
    if not words or UNKNOWN in words[0]:
        return UNKNOWN
    name, rest = words[0].rpartition("/")[2], list(words[1:])
    if (output := machine_answers.output_of(name, rest, facts)) is not None:
        return output
    match name:
        case "echo":
            return _echo(rest)
        case "printf":
            return _printf(rest, state.budget)
        case "pwd":
            return absolute(state.folder) + "\n"
        case "dirname" | "basename":
            return _path(name, rest)
        case "cat":
            return _cat(rest, stdin, read)
        case "seq":
            return _seq(rest, state.budget)
        case "realpath" | "readlink":
            return _real(rest, state.folder)
        case "sed":
            return filters.sed(rest, stdin, read)
        case "envsubst":
            return _substituted(stdin, state)
    return filters.filtered(name, rest, stdin)


def _substituted(text: str | None, state: State) -> str:
    """`envsubst`: what the script does not set stays as it is written."""
    if text is None or UNKNOWN in text:
        return UNKNOWN
    held = {name: value for name, value in state.variables.items() if isinstance(value, str)}
    return _NAMED.sub(lambda match: held.get(match[1] or match[2], match[0]), text)


def _echo(words: list[str]) -> str:
    end, escapes = "\n", False
    while words and words[0] in ("-n", "-e", "-ne", "-en", "-E"):
        option = words.pop(0)
        end, escapes = "" if "n" in option else end, escapes or "e" in option
    text = " ".join(words)
    return (_unescaped(text) if escapes else text) + end


def _printf(words: list[str], budget: Budget) -> str:
    if words[:1] == ["--"]:
        words = words[1:]
    if not words or words[0] == "-v":
        return UNKNOWN
    form, values = _unescaped(words[0]), words[1:]
    if form.count("%") != form.count("%s"):
        return UNKNOWN
    count = form.count("%s")
    if not count:
        return form
    if not budget.fits(len(form) * max(1, len(values) // count)):
        return UNKNOWN
    rows = [values[i : i + count] for i in range(0, max(len(values), 1), count)]
    return "".join(_fill(form, row + [""] * (count - len(row))) for row in rows)


def _fill(form: str, values: Sequence[str]) -> str:
    pieces = form.split("%s")
    return pieces[0] + "".join(value + piece for value, piece in zip(values, pieces[1:], strict=True))


def _unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")


def absolute(folder: str) -> str:
    """A folder as `pwd` says it; where the script was started has no other name here than the shell's own."""
    if folder.startswith(("/", "~", UNKNOWN, STARTED)):
        return folder
    return STARTED if folder == "." else f"{STARTED}/{folder}"


def _real(words: list[str], folder: str) -> str:
    """`realpath X`, `readlink -f X`; no link is followed."""
    if not words or words[-1].startswith("-") or UNKNOWN in words[-1]:
        return UNKNOWN
    if words[-1].startswith(("/", "~", STARTED)):
        return words[-1] + "\n"
    return posixpath.normpath(posixpath.join(absolute(folder), words[-1])) + "\n"


def _seq(words: list[str], budget: Budget) -> str:
    if not words or len(words) > 2 or not all(_NUMBER.fullmatch(word) for word in words):
        return UNKNOWN
    first, last = (1, int(words[0])) if len(words) == 1 else (int(words[0]), int(words[1]))
    if not budget.fits((last - first) * len(words[-1])):
        return UNKNOWN
    return "".join(f"{number}\n" for number in range(first, last + 1))


def _path(name: str, words: list[str]) -> str:
    written = [word for word in words if word != "--" and not word.startswith("-")]
    if not written or UNKNOWN in written[0]:
        return UNKNOWN
    if name == "dirname":
        return (posixpath.dirname(written[0].rstrip("/")) or ("/" if written[0].startswith("/") else ".")) + "\n"
    base = posixpath.basename(written[0].rstrip("/"))
    return (base.removesuffix(written[1]) if len(written) > 1 else base) + "\n"


def _cat(words: list[str], stdin: str | None, read: Read) -> str:
    if not words or words == ["-"]:
        return UNKNOWN if stdin is None else stdin
    texts = [UNKNOWN if word.startswith("-") or UNKNOWN in word else read(word) for word in words]
    return "".join(text if text is not None else UNKNOWN for text in texts)
