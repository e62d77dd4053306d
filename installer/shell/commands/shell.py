"""What the shell itself does: `cd`, `set`, `source`, `eval`, `bash -c`, `exit`. Runs nothing."""

from __future__ import annotations

from installer.core.text.numbers import is_whole
from installer.knowledge.tables import table
from installer.shell import conditions
from installer.shell.commands import environments
from installer.shell.commands.call import Call
from installer.shell.state import UNKNOWN
from installer.shell.trace import ASKED, FALSE, PRESUMED, TRUE

_LETTERS = {"e": "errexit", "u": "nounset", "x": "xtrace"}


_LONGEST_PATH = 4096
"""Characters; the kernel takes none that is longer."""


def cd(call: Call) -> str:
    words = [word for word in call.words if word not in ("-P", "-L", "--")]
    call.state.folder = call.state.path(words[0]) if words else "~"
    if words[:1] == ["-"] or len(call.state.folder) > _LONGEST_PATH:
        call.state.folder = UNKNOWN
    return PRESUMED


def set_options(call: Call) -> str:
    options, words = set(call.state.options), list(call.words)
    while words:
        word = words.pop(0)
        on = word.startswith("-")
        if word == "--":
            call.state.arguments = tuple(words)
            break
        if word[:1] not in "-+":
            break
        for letter in word[1:]:
            name = words.pop(0) if letter == "o" and words else _LETTERS.get(letter, "")
            if name:
                (options.add if on else options.discard)(name)
    call.state.options = frozenset(options)
    return TRUE


def source(call: Call) -> str:
    path = call.words[0] if call.words else UNKNOWN
    if path == "activate":
        call.state.active = environments.conda(call.words[1] if len(call.words) > 1 else "base", call.state)
        return PRESUMED
    if environments.activate(call, path):
        return PRESUMED
    text = call.read(path) if UNKNOWN not in path else None
    if text is not None:
        return call.follow(text, call, call.words[1:] or None, False, call.file(path))
    if path not in ("/etc/profile", "/etc/os-release") and not path.endswith(
        ("/.bashrc", "/.profile", "/cargo/env", "/env", "/conda.sh", "/mamba.sh", "/nvm.sh", "/.bash_profile")
    ):
        call.unclear("the file is not next to the script")
    return PRESUMED


def evaluate(call: Call) -> str:
    text = " ".join(call.words)
    if UNKNOWN in text:
        call.unclear("what eval runs is not known")
        return PRESUMED
    return call.follow(text, call, None, False)


def shell(call: Call) -> str:
    """`bash -c "…"`, `bash FILE`, `… | bash`."""
    words = list(call.words)
    while words and words[0].startswith(("-", "+")) and not words[0].startswith("--") and "c" not in words[0]:
        option = words.pop(0)
        if option in ("-o", "-O", "+o") and words:
            words.pop(0)
        if option == "-s":
            break
    while words and words[0].startswith("--"):
        words.pop(0)
    if words and words[0].startswith("-") and len(words) > 1:
        return _text(call, words[1], tuple(words[3:]))
    if not words:
        return _text(call, call.ran.stdin, ()) if call.ran.stdin is not None or call.ran.context.piped else PRESUMED
    return _text(call, call.read(words[0]) if UNKNOWN not in words[0] else None, tuple(words[1:]), words[0])


def _text(call: Call, text: str | None, arguments: tuple[str, ...], path: str = "") -> str:
    whence = call.ran.context.upstream + path + call.state.downloads.get(call.state.path(path) if path else "", "")
    if text in (None, UNKNOWN) and any(row["address"] in whence for row in table("programs")["addresses"]):
        return PRESUMED
    if text is None or text == UNKNOWN:
        why = (
            f"{path.replace(UNKNOWN, '…')} is not next to the script" if path else "the input of the shell is not known"
        )
        upstream = f"{call.ran.context.upstream} | " if call.ran.context.upstream else ""
        call.record.unclear(call.ran.line, upstream + call.ran.text, why)
        return PRESUMED
    return call.follow(text, call, arguments, True, call.file(path) if path else "")


def file(call: Call) -> str:
    """`./other.sh`."""
    text = call.read(call.ran.words[0])
    if text is None:
        call.unclear("the program is not next to the script")
        return PRESUMED
    if text.startswith("#!") and "python" in text.partition("\n")[0]:
        from installer.shell.commands import python

        return python.code_of(call, text, file=call.file(call.ran.words[0]))
    return call.follow(text, call, tuple(call.words), True, call.file(call.ran.words[0]))


def leave(call: Call) -> str:
    name = call.ran.words[0]
    call.state.flow = name
    return TRUE


def test(call: Call) -> str:
    return conditions.decide(call.words, call.state)


def deactivate(call: Call) -> str:
    call.state.active = ""
    return TRUE


def positional(call: Call) -> str:
    if call.state.arguments is not None:
        count = int(call.words[0]) if call.words and is_whole(call.words[0]) else 1
        call.state.arguments = call.state.arguments[count:]
    return PRESUMED


def read_line(call: Call) -> str:
    """`read X`: someone types something, or a file is read; either way it is not known here."""
    for word in call.words:
        if word.isidentifier():
            call.state.variables[word] = UNKNOWN
    return ASKED


def true(call: Call) -> str:
    return TRUE


def false(call: Call) -> str:
    return FALSE


def printed(call: Call) -> str:
    return TRUE


def arrays(call: Call) -> str:
    """`mapfile -t X < file`."""
    names = [word for word in call.words if word.isidentifier()]
    if names:
        text = call.ran.stdin
        known = text is not None and UNKNOWN not in text
        call.state.variables[names[-1]] = tuple((text or "").splitlines()) if known else (UNKNOWN,)
    return PRESUMED
