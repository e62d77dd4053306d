"""Python environments that are never changed in place once they are in use.

A generation is a numbered folder with a complete environment and, next to it, a seal (`0007.json`) that is written
when it is complete. Folders without a seal are drafts that nothing points to; what is complete in a draft is marked
(`0007.mark`). `current` is one symlink, switched atomically, so a reader sees the old environment or the new one and
nothing between. Before the switch everything is on the disk: the files, then the seal, then the link.

It must never remove a folder that it did not make: what it makes has a seal or a mark next to it from the first moment.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from installer.core.errors import DamagedError, UsageError
from installer.core.files.typed import typed
from installer.core.runs.home import Home
from installer.core.text.numbers import is_whole
from installer.disk.reading import LARGE, damaged, read_json, read_own
from installer.disk.reboot import boot
from installer.disk.writing import link_atomically, sync_filesystem, sync_folder, write_atomically
from installer.execution.listing import listing, reduce


@dataclass(frozen=True, slots=True)
class Seal:
    """What is written next to a complete generation."""

    number: int
    parent: int | None
    stage: str
    """The last stage that changed it."""
    run: str
    recipe: str
    lock: str | None
    created: float
    complete: bool = False
    """True if the run that made it came past the engine stage: everything that a server needs is in it."""


class Generations:
    """The generations of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def path(self, number: int) -> Path:
        return self._home.generations / f"{number:04d}"

    def _mark(self, number: int) -> Path:
        return self.path(number).with_suffix(".mark")

    def deployment(self, number: int) -> Path:
        """What was last deployed with it, as `session/deployments.py` notes it."""
        return self.path(number).with_suffix(".deployment.json")

    def seals(self) -> dict[int, Seal]:
        """All complete generations, by number. A seal that cannot be read counts as none: `damages` names it."""
        found = {}
        for number in self._numbers(".json"):
            try:
                seal = self._seal(number)
            except DamagedError:
                continue
            if seal and self.path(number).is_dir():
                found[number] = seal
        return found

    def damages(self) -> list[str]:
        """What is wrong with the files of the generations, a sentence each."""
        found = []
        lookups: list[Callable[[], object]] = [partial(self._seal, number) for number in self._numbers(".json")]
        for look in (self.current, *lookups):
            try:
                look()
            except DamagedError as error:
                found.append(error.what)
        current = None if found else self.current()
        if current is not None and not found and current not in self.seals():
            found.append(
                f"The generation in use, {self.path(current)}, has no seal: it was removed, or never complete."
            )
        return found

    def _seal(self, number: int) -> Seal | None:
        file = self.path(number).with_suffix(".json")
        body = read_json(file)
        if body is None:
            return None
        try:
            seal = typed(Seal, body)
        except ValueError as error:
            raise damaged(file, f"{error}") from None
        if seal.number != number:
            raise damaged(file, f"it is the seal of generation {seal.number}")
        return seal

    def _numbers(self, suffix: str) -> list[int]:
        """Of the generations that have such a file."""
        names = [entry.name for entry in _entries(self._home.generations) if entry.name.endswith(suffix)]
        stems = [name.removesuffix(suffix) for name in names]
        return sorted(int(stem) for stem in stems if is_whole(stem) and f"{int(stem):04d}" == stem)

    def current(self) -> int | None:
        """The generation in use. Raises `DamagedError` if `current` is no link to a generation."""
        try:
            target = os.readlink(self._home.current)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            raise damaged(self._home.current, "it is not a link to a generation") from None
        place, _, name = target.rpartition("/")
        if place.rpartition("/")[2] != "generations" or not is_whole(name):
            raise damaged(self._home.current, f"it leads to {target}, which is not a generation")
        return int(name) if self.path(int(name)).is_dir() else None

    def in_use(self) -> Seal | None:
        """The seal of the generation in use."""
        current = self.current()
        return None if current is None else self.seals().get(current)

    def draft(self, parent: int | None, clone: Callable[[Path, Path], int]) -> Draft:
        """A new folder to work in: a clone of `parent`, or nothing at all yet. `clone` is the host's."""
        self._home.generations.mkdir(parents=True, exist_ok=True)
        taken = [_leading_number(entry.name) for entry in _entries(self._home.generations)]
        number = max(taken, default=0) + 1
        write_atomically(self._mark(number), "")  # from now on it is ours, and may be removed
        try:
            copied = clone(self.path(parent), self.path(number)) if parent is not None else 0
        except BaseException:
            self.drop(number)
            raise
        return Draft(number, parent, self.path(number), copied)

    def seal(self, seal: Seal) -> None:
        """Declare a draft complete, once all of it is on the disk."""
        sync_filesystem(self.path(seal.number))
        write_atomically(self.path(seal.number).with_suffix(".json"), json.dumps(asdict(seal), indent=1) + "\n")
        self._mark(seal.number).unlink(missing_ok=True)

    def mark(self, seal: Seal) -> None:
        """Write down what is complete in a draft: `seal` would be right for the files that are there now."""
        # Its files are not on the disk yet, so the mark is valid for as long as the machine stays up.
        last = {"boot": boot(), "seal": asdict(seal)}
        lines = map(json.dumps, chain(listing(self.path(seal.number)), [last]))
        write_atomically(self._mark(seal.number), (f"{line}\n" for line in lines))

    def restore(self, number: int) -> Seal | None:
        """Remove from a draft what was written since it was marked; the seal that is right for it then.

        `None` if that cannot be: there is no mark, something that was there at that time has been replaced, or the
        machine has gone down since and may have lost some of it.
        """
        try:
            lines = (read_own(self._mark(number), LARGE) or b"").decode("utf-8").splitlines()
            *files, last = map(json.loads, lines)
            seal = typed(Seal, last["seal"])
            if last["boot"] != boot() or not boot() or seal.number != number:
                return None
            return seal if reduce(self.path(number), files) else None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, DamagedError):
            return None

    def switch(self, number: int | None) -> None:
        """Make `number` the generation in use, atomically. `None`: use none."""
        if number is None:
            self._home.current.unlink(missing_ok=True)
            sync_folder(self._home.current.parent)
        else:
            link = self._home.current
            link.parent.mkdir(parents=True, exist_ok=True)
            link_atomically(link, Path(os.path.relpath(self.path(number), link.parent)))

    def drop(self, number: int) -> None:
        """Remove a generation; the seal goes first, so that a half-removed one is never taken for complete."""
        import shutil  # a rollback removes nothing, and should not wait for it

        if not os.path.lexists(self._mark(number)):
            write_atomically(self._mark(number), "")  # half removed, it is still known to be ours
        seal = self.path(number).with_suffix(".json")
        if os.path.lexists(seal):
            seal.unlink()
            sync_folder(self._home.generations)
        self.deployment(number).unlink(missing_ok=True)
        shutil.rmtree(self.path(number), ignore_errors=True)
        if not os.path.lexists(self.path(number)):
            self._mark(number).unlink(missing_ok=True)

    def drafts(self) -> list[int]:
        """What a killed run left: begun or half removed by us, and not sealed; never what is in use."""
        sealed = {*self._numbers(".json"), self.current()}
        return [number for number in self._numbers(".mark") if number not in sealed]

    def target(self, wanted: int | None) -> int:
        """Where a rollback goes: `wanted`, or the last whole deployment before the current generation.

        Raises `UsageError` if there is no such generation.
        """
        seals, current = self.seals(), self.current()
        if wanted is not None:
            if wanted in seals:
                return wanted
            raise UsageError(
                f"There is no generation {wanted}.",
                f"Available are: {', '.join(map(str, seals)) or 'none'}.",
                "Name one of these with --to.",
            )
        earlier = [seal for number, seal in seals.items() if current is None or number < current]
        complete = [seal.number for seal in earlier if seal.complete]
        if not earlier:
            raise UsageError(
                "There is no earlier generation.",
                f"The current generation is {current}, and no earlier one is kept.",
                "Each run that changes the environment makes one; `deploy-tui status` lists those that are kept.",
            )
        return complete[-1] if complete else earlier[-1].number

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
    """Bytes that had to be copied because the filesystem has no hard links; 0 if all were linked."""


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


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _leading_number(name: str) -> int:
    """Of whatever is there, ours or not: a number that is taken is not given again."""
    digits = name.partition(".")[0]
    return int(digits) if is_whole(digits) and len(digits) < 9 else 0
