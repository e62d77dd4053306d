"""Python environments that are never changed in place once they are in use.

A generation is a numbered folder with a complete environment and, beside it, a seal (`0007.json`) that is written
when it is complete. Folders without a seal are drafts that nobody points to; what is complete in a draft is marked
(`0007.mark`). `current` is one symlink, switched atomically, so a reader sees the old environment or the new one and
nothing between.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from installer.core.errors import UsageError
from installer.core.runs.home import Home
from installer.engine.listing import listing, reduce


@dataclass(frozen=True, slots=True)
class Seal:
    """What is written beside a complete generation."""

    number: int
    parent: int | None
    stage: str
    """The last stage that changed it."""
    run: str
    recipe: str
    lock: str | None
    created: float
    complete: bool = False
    """True where the run that made it came past the engine stage: everything that a server needs is in it."""


class Generations:
    """The generations of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def path(self, number: int) -> Path:
        return self._home.generations / f"{number:04d}"

    def _mark(self, number: int) -> Path:
        return self.path(number).with_suffix(".mark")

    def seals(self) -> dict[int, Seal]:
        """All complete generations, by number."""
        found = {}
        for file in sorted(self._home.generations.glob("[0-9]*.json")):
            try:
                seal = Seal(**json.loads(file.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError):
                continue
            if self.path(seal.number).is_dir():
                found[seal.number] = seal
        return found

    def current(self) -> int | None:
        """The generation in use."""
        try:
            return int(Path(os.readlink(self._home.current)).name)
        except (OSError, ValueError):
            return None

    def in_use(self) -> Seal | None:
        """The seal of the generation in use."""
        current = self.current()
        return None if current is None else self.seals().get(current)

    def draft(self, parent: int | None, clone: Callable[[Path, Path], int]) -> Draft:
        """A new folder to work in: a clone of `parent`, or nothing at all yet. `clone` is the host's."""
        self._home.generations.mkdir(parents=True, exist_ok=True)
        taken = [int(entry.name[:4]) for entry in self._home.generations.iterdir() if entry.name[:4].isdigit()]
        number = max(taken, default=0) + 1
        try:
            copied = clone(self.path(parent), self.path(number)) if parent is not None else 0
        except BaseException:
            self.drop(number)
            raise
        return Draft(number, parent, self.path(number), copied)

    def seal(self, seal: Seal) -> None:
        """Declare a draft complete."""
        _write(self.path(seal.number).with_suffix(".json"), [json.dumps(asdict(seal), indent=1)])
        self._mark(seal.number).unlink(missing_ok=True)

    def mark(self, seal: Seal) -> None:
        """Write down what is complete in a draft: `seal` would be right for the files that are there now."""
        # The seal last: a mark that was cut off ends with something else.
        _write(self._mark(seal.number), map(json.dumps, chain(listing(self.path(seal.number)), [asdict(seal)])))

    def restore(self, number: int) -> Seal | None:
        """Remove from a draft what was written since it was marked; the seal that is right for it then.

        `None` where that cannot be: there is no mark, or something that was there at that time has been replaced.
        """
        try:
            *files, last = map(json.loads, self._mark(number).read_text(encoding="utf-8").splitlines())
            seal = Seal(**last)
            return seal if reduce(self.path(number), files) else None
        except (OSError, ValueError, TypeError):
            return None

    def switch(self, number: int | None) -> None:
        """Make `number` the generation in use, atomically. `None`: use none."""
        if number is None:
            self._home.current.unlink(missing_ok=True)
            return
        draft = self._home.current.with_name(f".current.{os.getpid()}")
        draft.unlink(missing_ok=True)
        draft.symlink_to(Path("generations") / f"{number:04d}")
        draft.replace(self._home.current)

    def drop(self, number: int) -> None:
        """Remove a generation; the seal goes first, so that a half-removed one is never taken for complete."""
        import shutil  # a rollback removes nothing, and should not wait for it

        self.path(number).with_suffix(".json").unlink(missing_ok=True)
        self._mark(number).unlink(missing_ok=True)
        shutil.rmtree(self.path(number), ignore_errors=True)

    def drafts(self) -> list[int]:
        """Folders without a seal: what a killed engine left."""
        sealed = self.seals()
        if not self._home.generations.is_dir():
            return []
        folders = [e.name for e in self._home.generations.iterdir() if e.is_dir() and e.name.isdigit()]
        return sorted(int(name) for name in folders if int(name) not in sealed)

    def target(self, wanted: int | None) -> int:
        """Where a rollback goes: `wanted`, or the last whole deployment before the current generation.

        Raises `UsageError` where there is no such generation.
        """
        seals, current = self.seals(), self.current()
        if wanted is not None:
            if wanted in seals:
                return wanted
            raise UsageError(
                f"There is no generation {wanted}.",
                f"Kept are: {', '.join(map(str, seals)) or 'none'}.",
                "Name one of these with --to.",
            )
        earlier = [seal for number, seal in seals.items() if current is None or number < current]
        whole = [seal.number for seal in earlier if seal.complete]
        if not earlier:
            raise UsageError(
                "There is nothing to go back to.",
                f"The current generation is {current}, and no earlier one is kept.",
                "Each run that changes the environment makes one; `deploy-tui status` lists those that are kept.",
            )
        return whole[-1] if whole else earlier[-1].number

    def prune(self, *, keep: int, size_bytes: int, referenced: Collection[int]) -> list[int]:
        """Remove the oldest generations beyond `keep`, or beyond `size_bytes` of disk; never a referenced one."""
        seals = self.seals()
        protected = {*referenced, self.current()}
        candidates = [number for number in seals if number not in protected]
        excess = max(0, len(seals) - keep)
        dropped = []
        # Measuring walks every file of every generation: only where an earlier whole deployment could be in the way.
        several = sum(seal.complete for seal in seals.values()) > 1
        sizes = own_bytes([self.path(number) for number in seals]) if several and candidates[excess:] else {}
        total = sum(sizes.values())
        for position, number in enumerate(candidates):
            if position >= excess and total <= size_bytes:
                break
            total -= sizes.get(self.path(number), 0)
            self.drop(number)
            dropped.append(number)
        return dropped


@dataclass(frozen=True, slots=True)
class Draft:
    number: int
    parent: int | None
    path: Path
    copied_bytes: int
    """Bytes that had to be copied because the filesystem has no hard links; 0 where all were linked."""


def own_bytes(folders: Collection[Path]) -> dict[Path, int]:
    """Disk bytes of each folder, a file that is linked into several counted for the last of them only."""
    seen: set[tuple[int, int]] = set()
    sizes = {}
    for folder in reversed(list(folders)):
        total = 0
        for root, _, files in os.walk(folder):
            for name in files:
                status = os.lstat(f"{root}/{name}")
                if (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    total += status.st_blocks * 512
        sizes[folder] = total
    return sizes


def new_seal(draft: Draft, *, stage: str, run: str, recipe: str, lock: str | None, complete: bool) -> Seal:
    """The seal for `draft`, made now."""
    return Seal(draft.number, draft.parent, stage, run, recipe, lock, round(time.time(), 3), complete)


def _write(file: Path, lines: Iterable[str]) -> None:
    draft = file.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in lines)
    draft.replace(file)
