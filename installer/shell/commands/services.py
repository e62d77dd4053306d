"""Programs that keep others running: systemd, supervisord, pm2. What their files start is followed. Runs nothing."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator

from installer.shell.commands.call import Call
from installer.shell.documents.document import placed
from installer.shell.state import UNKNOWN
from installer.shell.trace import ASKED, PRESUMED

_STARTS = frozenset(("start", "restart", "reload-or-restart", "try-restart"))
_PREFIXES = "-@:+!"
"""What may precede the program of an ExecStart."""


def systemctl(call: Call) -> str:
    """`systemctl start NAME`, `systemctl enable --now NAME`, where the script wrote the unit or it is next to it."""
    words = [word for word in call.words if not word.startswith("-")]
    verb, names = (words[0], words[1:]) if words else ("", [])
    if verb in ("status", "is-active", "is-enabled", "list-units", "show"):
        return ASKED
    if verb not in _STARTS and not (verb == "enable" and "--now" in call.words):
        return PRESUMED
    if any(name.partition(".")[0] in ("supervisor", "supervisord") for name in names) and _configurations(call):
        return supervisorctl(call.with_words(("supervisorctl", "update")))
    for name in names:
        unit = name if "." in name else f"{name}.service"
        text = next((text for path, text in call.state.files.items() if path.endswith(f"/{unit}")), None)
        if (known := text if text is not None else call.read(unit)) is not None:
            started(call, known, call.file(unit) if text is None else "")
        elif not any(path.endswith(f"/{unit}") for path in call.state.made):
            call.record.candidate(call.ran.line, call.ran.text, f"the unit {unit} is not next to the script")
        else:
            call.unclear(f"what the unit {unit} starts is not known")
    return PRESUMED


def started(call: Call, unit: str, file: str) -> None:
    """What the text of a unit starts, with what it sets."""
    sets, commands = unit_of(unit)
    exports = "; ".join(f"export {assignment}" for assignment in sets)
    if commands:
        pieces = {line: piece for line, piece in pieces_of(unit).items() if not piece.startswith("export ")}
        # systemd sets all of them before it runs anything, wherever they are.
        call.follow(placed({1: exports, **pieces} if exports else pieces), call.in_background(), (), True, file)


def unit_of(text: str) -> tuple[list[str], list[str]]:
    """From a systemd unit: what it sets, each as the shell would write it, and the commands that it runs."""
    sets, commands = list[str](), list[str]()
    for key, value in _entries(text.replace("\\\n", " ")):
        if key == "Environment":
            sets += [_assignment(word) for word in _split(value)]
        elif key == "WorkingDirectory" and value:
            commands.append(f"cd {value.lstrip('-')}")
        elif key in ("ExecStartPre", "ExecStart") and value:
            # systemd knows %, not $(…); what it calls %h and %i is not known here.
            commands.append(value.lstrip(_PREFIXES).replace("$$", "$"))
    return sets, commands


def pieces_of(text: str) -> dict[int, str]:
    """What `unit_of` finds, as shell, each at its line in the unit."""
    found, number = dict[int, str](), 1
    for line in text.replace("\\\n", "\0").split("\n"):
        sets, commands = unit_of(line.replace("\0", " "))
        if words := [*(f"export {one}" for one in sets), *commands]:
            found[number] = "; ".join(words)
        number += 1 + line.count("\0")
    return found


def _entries(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith(("#", ";")):
            yield key.strip(), value.strip()


def _split(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError:
        return []


def _assignment(word: str) -> str:
    name, _, value = word.partition("=")
    return f"{name}={shlex.quote(value)}"


def supervisord(call: Call) -> str:
    """`supervisord -c FILE`: every program of the file."""
    words = list(call.words)
    path = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-c", "--configuration")), "")
    named = path or "/etc/supervisor/supervisord.conf"
    texts = _configurations(call)
    read = call.read(named)
    texts += [read] if read is not None and read not in texts else []
    if not texts:
        call.unclear(f"{named.replace(UNKNOWN, '…')} is not next to the script")
    for text in texts:
        for command in supervised(text):
            call.follow(command, call.in_background(), (), True)
    return PRESUMED


def supervisorctl(call: Call) -> str:
    """`supervisorctl update`, `supervisorctl start NAME`: what the configurations that the script wrote start."""
    verb = next((word for word in call.words if not word.startswith("-")), "")
    if verb in ("status", "tail", "avail", "pid", "version"):
        return ASKED
    if verb in ("update", "start", "restart", "reload"):
        texts = _configurations(call)
        for command in (command for text in texts for command in supervised(text)):
            call.follow(command, call.in_background(), (), True)
        if not texts:
            call.record.candidate(call.ran.line, call.ran.text, "what supervisorctl starts is not next to the script")
    return PRESUMED


def _configurations(call: Call) -> list[str]:
    """Those of supervisord that the script wrote."""
    return [text for name, text in call.state.files.items() if re.search(r"supervisor.*\.(conf|ini)$", name)]


def supervised(text: str) -> list[str]:
    """The commands of a supervisord configuration, with what it sets for each."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, inline_comment_prefixes=(";",))
    try:
        parser.read_string(text)
    except configparser.Error:
        return []
    found = []
    for section in parser.sections():
        if section.startswith("program:") and (command := parser.get(section, "command", fallback="")):
            sets = (parser.get(section, "environment", fallback="") or "").replace("\n", "").split(",")
            found.append("".join(f"export {one.strip()}; " for one in sets if "=" in one) + command.replace("\n", " "))
    return found


_PM2_VALUED = frozenset(
    ("--name", "-n", "--interpreter", "--cwd", "--log", "-l", "--output", "-o", "--error", "-e", "-i", "--instances",
     "--namespace", "--interpreter-args", "--max-restarts", "--restart-delay")
)  # fmt: skip


def pm2(call: Call) -> str:
    """`pm2 start "COMMAND"`, `pm2 start PROGRAM --name X -- ARGUMENTS`."""
    words, interpreter, plain = list(call.words), "", list[str]()
    if words[:1] not in (["start"], ["restart"]):
        return PRESUMED
    behind = words[words.index("--") + 1 :] if "--" in words else []
    words = words[1 : words.index("--")] if "--" in words else words[1:]
    while words:
        name, equals, value = words.pop(0).partition("=")
        if name in _PM2_VALUED:
            value = value if equals else words.pop(0) if words else ""
            interpreter = value if name == "--interpreter" and value != "none" else interpreter
        elif not name.startswith("-"):
            plain.append(name + equals + value)
    if not plain or plain[0].endswith((".js", ".cjs", ".json", ".yml", ".yaml")):
        call.unclear("the programs of pm2's own file are not followed")
        return PRESUMED
    text = " ".join([*([interpreter] if interpreter else []), plain[0], *map(shlex.quote, [*plain[1:], *behind])])
    return call.follow(text, call.in_background(), (), True)
