"""What simple text commands print (`echo`, `cat`, `head`, `cut` …), worked out from known text; else UNKNOWN."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from installer.core.machine.facts import MachineFacts
from installer.core.text.numbers import is_whole
from installer.shell.budget import Budget
from installer.shell.state import STARTED, UNKNOWN

Read = Callable[[str], "str | None"]
"""The text of a file by its written path; `None` where it is not known."""
Tool = Callable[[Sequence[str], str], str]
_NUMBER = re.compile(r"[0-9]{1,15}")


def printed(  # noqa: PLR0911 - one line a program
    words: Sequence[str], stdin: str | None, read: Read, folder: str, facts: MachineFacts, *, budget: Budget
) -> str:
    """What a command prints, with its last line end."""
    if not words or UNKNOWN in words[0]:
        return UNKNOWN
    name, rest = words[0].rpartition("/")[2], list(words[1:])
    match name:
        case "echo":
            return _echo(rest)
        case "printf":
            return _printf(rest, budget)
        case "pwd":
            return absolute(folder) + "\n"
        case "dirname" | "basename":
            return _path(name, rest)
        case "cat":
            return _cat(rest, stdin, read)
        case "uname":
            return _uname(rest, facts)
        case "nvidia-smi":
            return _nvidia_smi(rest, facts)
        case "seq":
            return _seq(rest, budget)
        case "realpath" | "readlink":
            return _real(rest, folder)
    return _filtered(name, rest, stdin)


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


def _uname(words: list[str], facts: MachineFacts) -> str:
    known = {"-m": facts.os.arch, "-s": "Linux", "": "Linux"}
    answer = known.get(" ".join(words))
    return f"{answer}\n" if answer else UNKNOWN


def _nvidia_smi(words: list[str], facts: MachineFacts) -> str:
    """`nvidia-smi --query-gpu=… --format=csv,noheader`, from the facts of the machine."""
    query = next((word.partition("=")[2] for word in words if word.startswith("--query-gpu=")), "")
    form = next((word.partition("=")[2] for word in words if word.startswith("--format=")), "")
    if not query or "noheader" not in form or not facts.gpus or any(w in ("-i", "--id") for w in words):
        return UNKNOWN
    unit = "" if "nounits" in form else " MiB"
    rows = []
    for gpu in facts.gpus:
        known = {
            "name": gpu.name,
            "gpu_name": gpu.name,
            "compute_cap": gpu.compute_capability,
            "memory.total": f"{gpu.memory_mib}{unit}" if gpu.memory_mib else None,
            "driver_version": facts.driver.version if facts.driver else None,
        }
        cells = [known.get(part.strip()) for part in query.split(",")]
        if any(cell is None for cell in cells):
            return UNKNOWN
        rows.append(", ".join(str(cell) for cell in cells))
    return "\n".join(rows) + "\n"


def _filtered(name: str, words: list[str], stdin: str | None) -> str:
    if stdin is None or UNKNOWN in stdin or any(UNKNOWN in word for word in words):
        return UNKNOWN
    tool = _FILTERS.get(name)
    return tool(words, stdin) if tool else UNKNOWN


def _head(words: Sequence[str], text: str) -> str:
    lines = text.splitlines(keepends=True)
    count = "".join(words).lstrip("-").removeprefix("n")
    return "".join(lines[: int(count)]) if is_whole(count) else "".join(lines[:10]) if not words else UNKNOWN


def _tail(words: Sequence[str], text: str) -> str:
    lines = text.splitlines(keepends=True)
    count = "".join(words).lstrip("-").removeprefix("n")
    return "".join(lines[-int(count) :]) if is_whole(count) and int(count) else UNKNOWN


def _tr(words: Sequence[str], text: str) -> str:
    sets = {"[:space:]": " \t\n", "\\n": "\n", "\\r": "\r"}
    words = [sets.get(word, word) for word in words]
    if len(words) == 2 and words[0] == "-d" and "-" not in words[1]:
        return "".join(character for character in text if character not in words[1])
    if len(words) == 2 and len(words[0]) == len(words[1]) == 1:
        return text.replace(words[0], words[1])
    return UNKNOWN


def _cut(words: Sequence[str], text: str) -> str:
    joined = " ".join(words)
    delimiter, column = "\t", 0
    parts = joined.replace("-d ", "-d").replace("-f ", "-f").split(" ")
    for part in parts:
        if part.startswith("-d") and len(part) == 3:
            delimiter = part[2]
        elif part.startswith("-f") and is_whole(part[2:]):
            column = int(part[2:])
        else:
            return UNKNOWN
    rows = [row.split(delimiter) for row in text.splitlines()]
    return "".join((row[column - 1] if len(row) >= column else "") + "\n" for row in rows) if column else UNKNOWN


def _xargs(words: Sequence[str], text: str) -> str:
    return " ".join(text.split()) + "\n" if not words else UNKNOWN


def _wc(words: Sequence[str], text: str) -> str:
    return f"{len(text.splitlines())}\n" if list(words) == ["-l"] else UNKNOWN


_FILTERS: dict[str, Tool] = {
    "head": _head,
    "tail": _tail,
    "tr": _tr,
    "cut": _cut,
    "xargs": _xargs,
    "wc": _wc,
    "sort": lambda words, text: "".join(sorted(text.splitlines(keepends=True))) if not words else UNKNOWN,
}
