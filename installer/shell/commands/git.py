"""`git clone` and `git checkout`: which revision is cloned where. Runs nothing."""

from __future__ import annotations

import posixpath
import re

from installer.knowledge import packages
from installer.shell.commands import hub
from installer.shell.commands.call import Call
from installer.shell.state import UNKNOWN
from installer.shell.trace import PRESUMED

_VALUED = frozenset(("-b", "--branch", "--depth", "-o", "--origin", "-c", "--config", "-j", "--jobs", "-C", "--filter"))
_HUB = re.compile(r"^https://(?:[^/@]*@)?(?:huggingface\.co|hf-mirror\.com)/([\w.-]+/[\w.-]+?)(?:\.git)?/?$")
_EXTRAS = re.compile(r"^(.*?)(\[[^\]]*\])?$")


def run(call: Call) -> str:
    words, options = _sorted(list(call.words))
    match words[:1]:
        case ["clone"]:
            _clone(call, words[1:], options.get("-b", options.get("--branch", "")))
        case ["checkout" | "switch"] if len(words) > 1:
            _checkout(call, words[-1], options.get("-C", "."))
    return PRESUMED


def _sorted(words: list[str]) -> tuple[list[str], dict[str, str]]:
    plain, options = list[str](), dict[str, str]()
    while words:
        name, equals, value = words.pop(0).partition("=")
        if name in _VALUED:
            options[name] = value if equals else words.pop(0) if words else ""
        elif not name.startswith("-"):
            plain.append(name + equals + value)
    return plain, options


def _clone(call: Call, words: list[str], branch: str) -> None:
    if not words or UNKNOWN in words[0]:
        call.unclear("which repository is cloned is not known")
        return
    url = words[0]
    if match := _HUB.match(url):
        hub.fetched(call, match[1], None, words[1] if len(words) > 1 else match[1].rpartition("/")[2])
    path = words[1] if len(words) > 1 else url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    folder = call.state.path(path)
    call.state.made.add(folder)
    call.state.clones[folder] = f"git+{url}" + (f"@{branch}" if branch else "")


def _checkout(call: Call, revision: str, folder: str) -> None:
    path = call.state.path(folder)
    if path in call.state.clones and UNKNOWN not in revision:
        head, at, tail = call.state.clones[path].rpartition("@")
        plain = head if at and "/" not in tail and head.startswith("git+") else call.state.clones[path]
        call.state.clones[path] = f"{plain}@{revision}"


def located(call: Call, text: str, editable: bool = False) -> str:
    """A requirement as it was written; a folder inside a clone as pip would name its repository."""
    match = _EXTRAS.match(text)
    path, extras = (match[1], match[2] or "") if match else (text, "")
    looks_local = (
        editable or path.startswith((".", "/", "~")) or ("/" in path and "://" not in path and "@" not in path)
    )
    if not looks_local or path.startswith("git+") or path.endswith(".whl"):
        return text
    folder = call.state.path(path)
    for root, address in call.state.clones.items():
        call.state.budget.check()
        if folder == root or folder.startswith(f"{root}/"):
            inside = posixpath.relpath(folder, root)
            requirement = address + (f"#subdirectory={inside}" if inside != "." else "")
            name = packages.built_from(posixpath.basename(root.rstrip("/"))) or _named_by(address)
            return f"{name}{extras} @ {requirement}" if name else requirement
    return f"./{text}" if not text.startswith((".", "/", "~")) else text


def _named_by(address: str) -> str:
    repository = re.search(r"/([\w-]+?)(?:\.git)?(?:@[^/]*)?$", address)
    return packages.built_from(repository[1]) if repository else ""
