"""Programs that start other programs: what follows them is followed, what cannot be is named. Runs nothing.

Which programs those are is data (`installer/knowledge/launchers.yaml`); an unknown program is searched for
what its words contain, and is never taken for harmless where they hold the start of a server.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from installer.knowledge import launchers
from installer.knowledge.engines import definitions
from installer.knowledge.launchers import Launcher
from installer.shell.commands import docker, environments, inputs, launch, projects
from installer.shell.commands.call import Call
from installer.shell.state import UNKNOWN
from installer.shell.trace import PRESUMED
from installer.shell.wrappers import image_of, taken_off

_KEYS = frozenset(("C-m", "Enter", "C-j", "C-l", "KPEnter"))
"""Keys that `tmux send-keys` presses after a text."""
_IMPORTED = re.compile(r"(?:.*/)?(?P<name>[\w.+-]+)\+(?P<tag>[\w.-]+)\.sqsh")
_READS_COMMANDS = re.compile(r"(?:sudo\s+(?:-\w+\s+)*)?(?:\S*/)?(?:ba|da|z)?sh(?:\s+-[a-z]+)*(?:\s+--)?")
"""A shell that takes its commands from what the launcher hands on: `ssh HOST 'bash -s' <<EOF`."""
_SESSIONS = frozenset(("tmux",))
"""What starts texts and does not wait for them."""
_DAEMONS = frozenset(("systemd-run", "start-stop-daemon", "daemonize", "dtach", "abduco"))
_DETACHED = re.compile(r"-[A-Za-z]*[dD]m?[A-Za-z]*")
_PULLED = re.compile(r"(?:.*/)?(?P<name>[\w.-]+)_(?P<tag>[\w.-]+)\.(?:sif|simg)")
"""How `apptainer pull docker://…/NAME:TAG` names its file where it is not told."""


def run(call: Call, known: Launcher) -> str:
    """Follow what a launcher starts."""
    rest, texts = taken_off(call.words, known)
    if image := image_of(call.words, known):
        return _image((call.elsewhere() if known.spreads else call), [_address(image), *rest])
    return _behind(call, known, rest, texts)


def _behind(call: Call, known: Launcher, rest: list[str], texts: list[str]) -> str:
    if known.away:
        call.unclear(f"it runs {known.away}, and is checked as if it ran on this machine")
        call = call.elsewhere()
    match known.behind:
        case "opaque":
            call.unclear(f"what {known.program} starts is not followed")
        case "environment":
            return _inside(call, rest)
        case "inputs":
            return inputs.run(call, known)
        case "image" | "instance":
            return _image(call, rest, named=known.behind == "instance")
        case "file" if not texts:
            return call.interpret(call.with_words(("bash", *rest))) if rest or call.ran.stdin is not None else PRESUMED
        case "python" if rest:
            return _python(call, rest)
        case "command" if rest and not texts:
            call = call.in_background() if _detaches(call.words, known) else call
            return call.interpret(call.with_words(tuple(rest)))
        case _:
            return _text(call, known, rest, texts)
    return PRESUMED


def _detaches(words: Sequence[str], known: Launcher) -> bool:
    """`screen -dmS NAME COMMAND`, `systemd-run COMMAND`, `start-stop-daemon`."""
    return known.program in _DAEMONS or (known.program == "screen" and any(_DETACHED.fullmatch(word) for word in words))


def _text(call: Call, known: Launcher, rest: list[str], texts: list[str]) -> str:
    """Shell text in one or more words; a session that is only opened has none."""
    call = call.in_background() if known.program in _SESSIONS else call
    text = "; ".join(texts) or _joined([word for word in rest if word not in _KEYS])
    if not text:
        given = call.ran.stdin or ""
        return call.follow(given, call, (), True) if given and UNKNOWN not in given else PRESUMED
    if text == UNKNOWN:
        call.unclear(f"what {known.program} runs is not known")
        return PRESUMED
    if call.ran.stdin is not None and _READS_COMMANDS.fullmatch(text):
        return call.interpret(call.with_words(tuple(text.split())))
    return call.follow(text, call, (), True)


def _joined(words: Sequence[str]) -> str:
    """One text where it was given as one word, else the words as they would have been written."""
    return words[0] if len(words) == 1 else " ".join(words)


def _python(call: Call, rest: list[str]) -> str:
    """`torchrun [-m MODULE | FILE] …`."""
    if rest[0] in ("--module", "-m") or any(word in ("-m", "--module") for word in call.words[: -len(rest)]):
        named = rest[1:] if rest[0] in ("--module", "-m") else rest
        return call.interpret(call.with_words(("python", "-m", *named)))
    if "--no-python" in call.words or "--no_python" in call.words:
        return call.interpret(call.with_words(tuple(rest)))
    return call.interpret(call.with_words(("python", *rest)))


def _inside(call: Call, rest: list[str]) -> str:
    """`conda run -n NAME …`, `poetry run …`: in the environment that is named, or that the tool keeps here."""
    active = call.state.active
    call.state.active = environments.of_tool(call) or projects.ready(call) or active
    try:
        if rest and (text := projects.task(call, rest[0])):
            return call.follow(" ".join((text, *rest[1:])), call, (), False)
        return call.interpret(call.with_words(tuple(rest))) if rest else PRESUMED
    finally:
        call.state.active = active


def _address(image: str) -> str:
    """An image as docker names it; enroot writes `REGISTRY#NAME:TAG` and files as `NAME+TAG.sqsh`."""
    plain = image.partition("://")[2] or image.removeprefix("docker:")
    file = _IMPORTED.fullmatch(plain)
    return f"{file['name'].replace('+', '/')}:{file['tag']}" if file else plain.replace("#", "/")


def _image(call: Call, rest: list[str], named: bool = False) -> str:
    """`named`: its own name follows the image; without one, nothing is started."""
    if named:
        if len(rest) < 2:
            return PRESUMED
        rest = [rest[0], *rest[2:]]
    if not rest or UNKNOWN in rest[0]:
        call.unclear("the image is not known")
        return PRESUMED
    name = call.state.images.get(call.state.path(rest[0])) or _by_its_file(call, rest[0])
    return docker.inside(call, name.partition("://")[2] or name, rest[1:], dict(call.ran.environment), None)


def _by_its_file(call: Call, file: str) -> str:
    """The engine's image that a file has the name of; what was given where it has none."""
    match = _PULLED.fullmatch(file)
    name = f"{match['name']}:{match['tag']}" if match else ""
    if not name or not any(re.search(engine.image, name) for engine in definitions.engines().values()):
        return file
    call.unclear(f"that {file} contains {name} is assumed from its name")
    return name


def unknown(call: Call) -> str:
    """An unknown program: followed if its words contain a server start, else named where none is checked."""
    words = call.ran.words
    if call.ran.name in launchers.quiet():
        return PRESUMED
    if title := launchers.other_server(words):
        call.unclear(f"it starts {title}, and only {definitions.titles()} are checked")
        return PRESUMED
    if (start := launch.start_in(words)) is not None:
        call.unclear(f"{call.ran.name} is not a known program; it is assumed to run the command after it")
        return call.interpret(call.with_words(words[start:]))
    if any(_contains_a_start(word) for word in words):
        call.unclear(f"{call.ran.name} is not a known program, but its arguments contain the start of a server")
    elif not call.ran.context.asked:
        call.record.candidate(call.ran.line, call.ran.text, f"what {call.ran.name} starts is not known here")
    return PRESUMED


def _contains_a_start(word: str) -> bool:
    if " " not in word or not any(name in word for name in definitions.engines()):
        return False
    try:
        inner = shlex.split(word)
    except ValueError:
        return False
    return any(launch.starts(inner[position:]) for position in range(len(inner)))
