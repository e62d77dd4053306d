"""Programs of the operating system: packages, files, downloads, questions about the machine. Runs none of them."""

from __future__ import annotations

import posixpath

from installer.core.plans.procedure import SystemInstall
from installer.shell.commands import python
from installer.shell.commands.call import Call
from installer.shell.state import UNKNOWN
from installer.shell.trace import ASKED, PRESUMED

INSTALLERS = {"apt-get", "apt", "aptitude", "yum", "dnf", "microdnf", "apk", "zypper"}
_VALUED = frozenset(("-o", "-t", "--target-release", "-c", "--option"))


def packages(call: Call) -> str:
    """`apt-get install -y …`."""
    words = _plain(call.words)
    if words[:1] == ["install"] or (call.ran.name == "apk" and words[:1] == ["add"]):
        known = tuple(word.partition("=")[0] for word in words[1:] if UNKNOWN not in word)
        if len(known) < len(words) - 1:
            call.unclear("which system packages are installed is not known")
        if known:
            call.emit(SystemInstall(2, packages=known))
    return PRESUMED


def _plain(words: tuple[str, ...]) -> list[str]:
    found, waiting = [], list(words)
    while waiting:
        word = waiting.pop(0)
        if word in _VALUED and waiting:
            waiting.pop(0)
        elif not word.startswith("-"):
            found.append(word)
    return found


def folders(call: Call) -> str:
    call.state.made.update(call.state.path(word) for word in call.words if not word.startswith("-"))
    return PRESUMED


def removed(call: Call) -> str:
    """`rm`: what was made is there no longer."""
    for word in call.words:
        if not word.startswith("-"):
            path = call.state.path(word)
            call.state.made = {made for made in call.state.made if made != path and not made.startswith(path + "/")}
            call.state.files.pop(path, None)
            call.state.venvs.pop(path, None)
    return PRESUMED


def copied(call: Call) -> str:
    """`cp`, `mv` and `ln`: what is known of the source applies to the target as well."""
    words = [word for word in call.words if not word.startswith("-")]
    if len(words) == 2:
        target = call.state.path(words[1])
        if call.state.path(words[0]) == "." or words[0].endswith("/"):
            call.state.mounts[target] = call.state.path(words[0])
            return PRESUMED
        into = words[1].endswith("/") or words[1] == "." or target in call.state.made
        target = posixpath.normpath(posixpath.join(target, posixpath.basename(words[0]))) if into else target
        text = call.read(words[0])
        call.state.made.add(target)
        if model := call.state.models.get(call.state.path(words[0])):
            call.state.models[target] = model
        if text is not None and UNKNOWN not in target:
            call.state.files[target] = text
    return PRESUMED


def download(call: Call) -> str:
    """`curl -o FILE URL`, `wget URL`."""
    words = list(call.words)
    for position, word in enumerate(words[:-1]):
        if word in ("-o", "--output", "-O", "--output-document") and not words[position + 1].startswith("-"):
            _fetched(call, words[position + 1])
    for word in words:
        if "://" in word and (call.ran.name == "wget" or {"-O", "-LO", "-sLO", "--remote-name"} & set(words)):
            _fetched(call, word.partition("?")[0].rpartition("/")[2])
    return PRESUMED


def _fetched(call: Call, path: str) -> None:
    address = next((word for word in call.words if "://" in word), "")
    call.state.made.add(call.state.path(path))
    call.state.downloads[call.state.path(path)] = address


def virtualenv(call: Call) -> str:
    return python.make_venv(call, list(call.words), "virtualenv")


def question(call: Call) -> str:
    return ASKED
