"""The steps of a procedure as a plan shows them: a summary and the words of a command. Pure text work.

A command is reported as it was understood, not as it was written; the line says where to look that up.
"""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.contracts.stage import Change, ChangeKind
from installer.core.plans.procedure import (
    Expectation,
    Fetch,
    Imports,
    Install,
    Launch,
    Runs,
    Step,
    SystemInstall,
    Uninstall,
)
from installer.core.secrets import MASK, names_a_secret_in_text, redact
from installer.core.text.quantities import first
from installer.knowledge.engines import definitions, launch_reader

_SHOWN = 6


def changes(steps: tuple[Step, ...], stage: int) -> tuple[Change, ...]:
    """What the steps of one stage would do, in order; checks change nothing and are left out."""
    found = (_change(step) for step in steps if step.stage == stage)
    return tuple(change for change in found if change)


def _change(step: Step) -> Change | None:
    match step:
        case Install():
            return Change(
                ChangeKind.PACKAGES, f"install {_listed(step.requires)}", _plain(_install(step)), line=step.line
            )
        case Uninstall():
            words = (*_tool("pip"), "uninstall", "--yes", *step.names)
            return Change(ChangeKind.REMOVAL, f"uninstall {_listed(step.names)}", words, line=step.line)
        case SystemInstall():
            words = ("apt-get", "install", *step.packages)
            return Change(
                ChangeKind.SYSTEM_PACKAGE,
                f"install system packages: {_listed(step.packages)}",
                words,
                outside=True,
                line=step.line,
            )
        case Fetch():
            return Change(ChangeKind.FETCH_MODEL, f"fetch the model {redact(step.model)}", line=step.line)
        case Launch():
            return Change(
                ChangeKind.START_SERVER, f"start {step.engine or 'a server'}", _plain(_launch(step)), line=step.line
            )
        case Expectation() | Imports() | Runs():
            return None
    return None


def _install(step: Install) -> Iterator[str]:
    yield from (*_tool(step.tool), "install")
    source = step.sourcing
    if source.index_url:
        yield from ("--index-url", source.index_url)
    for url in source.extra_index_urls:
        yield from ("--extra-index-url", url)
    for place in source.find_links:
        yield from ("--find-links", place)
    for flag, given in (("--no-index", source.no_index), ("--no-deps", step.no_deps), ("--upgrade", step.upgrade),
                        ("--force-reinstall", step.force_reinstall), ("--pre", step.pre)):  # fmt: skip
        if given:
            yield flag
    yield from step.requires


def _launch(step: Launch) -> Iterator[str]:
    engine = definitions.engine(step.engine)
    yield from engine.serve if engine else (step.engine,) if step.engine else ()
    words = list(step.arguments)
    for use in launch_reader.read(step).uses:
        if use.word.startswith("--") and names_a_secret_in_text(use.word):
            values = range(use.place + 1, use.end)
            words[use.place : use.end] = [use.word, *(MASK for _ in values)] if values else [_masked(words[use.place])]
    yield from words


def _masked(word: str) -> str:
    name, equals, _ = word.partition("=")
    return f"{name}={MASK}" if equals else name


def _tool(name: str) -> tuple[str, ...]:
    return ("uv", "pip") if name == "uv" else ("pip",)


def _plain(words: Iterator[str]) -> tuple[str, ...]:
    return tuple("…" if word == "\0" else redact(word.replace("\0", "…")) for word in words)


def _listed(names: tuple[str, ...]) -> str:
    return redact(first(names, _SHOWN)).replace("\0", "…")
