"""Something else lies where a file of ours should: every such file, and everything that can lie there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.faults.testbed import RECIPE, Ground, Said


def try_one(ground: Ground, dice: Random) -> str:
    if not ground.home.current.exists():
        ground.ask(ground.deploying())
    victim, name = dice.choice(_victims(ground)), dice.choice(sorted(_PLANTS))
    kept = ground.root / "kept"
    if os.path.lexists(victim):
        victim.rename(kept)
    victim.parent.mkdir(parents=True, exist_ok=True)
    try:
        _PLANTS[name](victim, kept)
        before = len(ground.said)
        for words in (
            ("status", "--json"),
            ("server", "status"),
            ("server", "logs"),
            ("plan", "--recipe", str(RECIPE)),
            ("rollback",),
            ("cancel",),
        ):
            ground.tool(*words)
        ground.ask(ground.deploying())
        _explained(ground.said[before:], victim)
    finally:
        _remove(victim)
        if os.path.lexists(kept):
            kept.rename(victim)
    return f"{victim.relative_to(ground.home.root)} is {name}"


def _victims(ground: Ground) -> list[Path]:
    root = ground.home.root
    run = max(ground.home.runs.glob("*-*"))
    named = [
        root / name for name in ("engine.lock", "deployment.json", "verified.json", "current", "cache/fetching.json")
    ]
    named += [run / name for name in ("journal.jsonl", "request.json", "plan.json", "cancel")]
    named += [ground.home.server / name for name in ("state.json", "launch.json", "ready.json", "lock", "server.log")]
    named += [root / "generations/0001.json", root / "generations/0001.mark", root / "cache/programs.json"]
    return named + sorted(ground.home.locks.glob("*.json"))[:1]


def _explained(said: list[Said], victim: Path) -> None:
    """Who refuses because of a file names it."""
    for one in [one for one in said if one.code == 2]:
        if str(victim) not in one.output and "no earlier generation" not in one.output:
            said.append(Said(one.words, None, f"refused without naming {victim}: {one.output}"))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _foreign(victim: Path, kept: Path) -> None:
    victim.write_text("{}")
    if os.geteuid() == 0:
        os.chown(victim, 54321, 54321)


def _huge(victim: Path, kept: Path) -> None:
    with victim.open("wb") as file:
        file.truncate(20 * 1024**3)


def _device(victim: Path, kept: Path) -> None:
    if os.geteuid() == 0:
        os.mknod(victim, 0o20600, os.makedev(1, 8))
    else:
        os.mkfifo(victim)


def _torn(victim: Path, kept: Path) -> None:
    content = kept.read_bytes() if kept.is_file() else b'{"a": [1, 2'
    victim.write_bytes(content[: len(content) // 2])


def _wrong_types(victim: Path, kept: Path) -> None:
    try:
        body = json.loads(kept.read_bytes())
        victim.write_text(json.dumps({name: [{"x": []}] for name in body}))
    except (OSError, ValueError, TypeError):
        victim.write_text('{"pid": [], "run": {}, "number": "x", "state": 5, "processes": 7}')


_PLANTS: dict[str, Callable[[Path, Path], object]] = {
    "a folder": lambda victim, kept: victim.mkdir(),
    "a folder with something in it": lambda victim, kept: (victim / "a/b").mkdir(parents=True),
    "a pipe": lambda victim, kept: os.mkfifo(victim),
    "a device": _device,
    "a link to nowhere": lambda victim, kept: victim.symlink_to("/nonexistent/x"),
    "a link to itself": lambda victim, kept: victim.symlink_to(victim),
    "a link out": lambda victim, kept: victim.symlink_to("/etc/passwd"),
    "somebody else's": _foreign,
    "empty": lambda victim, kept: victim.write_bytes(b""),
    "full of zero bytes": lambda victim, kept: victim.write_bytes(bytes(4096)),
    "no text": lambda victim, kept: victim.write_bytes(bytes(range(256))),
    "torn": _torn,
    "nested deeply": lambda victim, kept: victim.write_bytes(b"[" * 200_000),
    "a list": lambda victim, kept: victim.write_text("[1, 2]"),
    "of other types": _wrong_types,
    "20 GiB large": _huge,
}
