"""Where a failure came from: the package and its version, and the last place in it that is not the engine. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from installer.diagnostics.logs.event import Event, Frame
from installer.diagnostics.logs.line_patterns import signs
from installer.diagnostics.logs.patterns import Pattern
from installer.knowledge import packages
from installer.knowledge.engines import definitions

_INSTALLED = re.compile(r"(?:site|dist)-packages/(?P<name>[A-Za-z0-9_]+)")
_STANDARD = re.compile(r"/lib/python3\.\d+/(?!(?:site|dist)-packages)|^<frozen |^<string>")
_FRAMEWORK_FRAMES = re.compile(r"torch/(?:nn/modules/module|utils/_contextlib|_dynamo/eval_frame|_ops)\.py$")
_SAID = re.compile(r"^(?P<name>[A-Za-z][\w.-]{1,40})(?:\[\d+\])?: ")
_NOT_PACKAGES = frozenset(
    {"error", "fatal", "warning", "python", "python3", "bash", "sh", "builtins", "exceptions", "line"}
)
_COUNTED = 2000
"""Lines, at most, by which it is known whose log it is."""


def package_of(event: Event) -> str:
    """The package that raised it; empty if nothing says so."""
    for frame in reversed(event.frames):
        if name := _package(frame):
            return name
    if "." in event.exception:
        return event.exception.split(".")[0].removesuffix("_rust").removeprefix("_")
    if (match := _SAID.match(event.text)) and match["name"].lower() not in _NOT_PACKAGES:
        return "" if match["name"].endswith(("Error", "Exception")) else match["name"]
    return ""


def _package(frame: Frame) -> str:
    if _FRAMEWORK_FRAMES.search(frame.path):
        return ""
    match = _INSTALLED.search(frame.path) or _source().search(frame.path)
    return match["name"] if match else ""


@cache
def _source() -> re.Pattern[str]:
    """A folder of sources that was not installed: those of the engines, and of packages that are often built."""
    names = (*definitions.engines(), *map(packages.module_of, sorted(packages.having("traced"))))
    return re.compile(rf"/(?P<name>{'|'.join(names)})/")


def frame_of(event: Event) -> str:
    """The last place of its traceback that is not the engine; the engine's own where no other is."""
    frames = [frame for frame in event.frames if not _FRAMEWORK_FRAMES.search(frame.path)]
    if not frames:
        return ""
    outside = [
        frame for frame in frames if _package(frame) not in definitions.engines() and not _STANDARD.search(frame.path)
    ]
    last = frames[-1]
    chosen = last if _package(last) not in definitions.engines() or not outside else outside[-1]
    return _place(chosen)


def _place(frame: Frame) -> str:
    path = re.sub(r"^.*(?:site|dist)-packages/|^.*/(?=lib/python3)", "", frame.path)
    return f"{path}:{frame.line}" + (f" in {frame.function}" if frame.function else "")


def version_of(package: str, texts: Iterable[str]) -> str:
    """The version of a package that some line of the log tells; empty if none does."""
    if not package:
        return ""
    name = re.escape(package).replace("_", "[-_.]")
    pattern = re.compile(
        rf"(?i)(?<![\w./-]){name}(?:\[[\w,]+\])?(?:==|[ -]version[ :=]+|[ @=:-]+|\s\(|-)v?(?P<version>\d+\.\d+[\w.+!]*)"
    )
    engine = definitions.engine(package)
    api = re.compile(engine.banner) if engine and engine.banner else None
    for text in texts:
        if match := pattern.search(text) or (api.search(text) if api else None):
            return match["version"].rstrip(".")
    return ""


def programs_of(texts: Sequence[str]) -> tuple[frozenset[str], str]:
    """Whose log this is, and which engine most of its lines name; empty if none does."""
    page = "\n".join(texts).encode("utf-8", "replace")
    found = {name: pattern for name, pattern in signs().programs if pattern.search(page)}
    engines = {name: pattern for name, pattern in found.items() if name in definitions.engines()}
    engine = max(engines, key=lambda name: _share(engines[name], texts), default="")
    return frozenset(found.keys() - engines.keys()) | ({engine} if engine else set()), engine


def _share(pattern: Pattern, texts: Sequence[str]) -> int:
    """How many lines name an engine, of all or of some that occur all over the log."""
    step = len(texts) // _COUNTED + 1
    return sum(1 for text in texts[::step] if pattern.search(text.encode("utf-8", "replace")))
