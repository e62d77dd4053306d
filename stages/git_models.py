"""Stage 8 from a git repository that keeps its weights with Git LFS: clone the pointers, fetch what they point to.

What has arrived is under the model's folder in `.incomplete` until its hash is the one that its pointer states, and
is then moved into place, so that nothing is on the disk twice. Never writes a token anywhere: git requests it when the
hub wants one, and a shell of git's own takes it from the environment.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from installer.core.contracts.host import Completed, Watch
from installer.core.contracts.stage import Change, ChangeKind, Check, StageContext
from installer.core.errors import StageError
from installer.core.recipes.globs import matching
from installer.core.recipes.recipe import ModelSource
from installer.core.secrets.inherited import inherited
from installer.core.text.quantities import size
from installer.disk.writing import sync_file
from stages import hub
from stages.models import INCOMPLETE, ModelFile, folder, label, size_of

NEUTRAL = Path("/")
_SPARE = 64_000_000
_ASK_S = 5.0
_POINTER = re.compile(
    r"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)
_POINTER_BYTES = 1024
"""No pointer is larger (the specification of Git LFS)."""
_PROGRESS = re.compile(r"\((\d+)/(\d+)\), ([\d.]+) ([KMGT]?)B")
_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}
_CHUNK = 1 << 24
_HELPER = '!f() { test "$1" = get && echo username=user && echo "password=$HF_TOKEN"; }; f'
"""Holds the token's name only: the shell that git starts for it knows the value."""


@dataclass(frozen=True, slots=True)
class Pointer:
    path: str
    sha256: str
    size: int


def ask(ctx: StageContext, source: ModelSource) -> Check | hub.Refusal:
    """Whether the repository answers, and what would be done; the sizes are known once its pointers are here."""
    if ctx.offline and not (source.git or "").startswith("file:"):
        return hub.Refusal("working offline, so the git repository is not asked", "Run it again without --offline.")
    for program, question in (("git", ("git", "--version")), ("git-lfs", ("git", "lfs", "version"))):
        if ctx.host.run(question, folder=NEUTRAL, timeout_s=_ASK_S).code != 0:
            fix = f"Install it (Debian, Ubuntu: apt-get install {program}), or fetch the model from the hub."
            return hub.Refusal(f"{program} is not installed, which fetching {label(source)} needs", fix)
    words = ("git", "ls-remote", "--exit-code", source.git or "", "HEAD")
    done = ctx.host.run(words, environment=_environment(ctx, source), folder=NEUTRAL, timeout_s=_ASK_S)
    if done.code != 0:
        output = " ".join(done.output.split())[-200:] or f"no answer within {_ASK_S:.0f} s"
        fix = "Check the address and the network; for a gated model accept its terms and set HF_TOKEN."
        return hub.Refusal(f"{source.git} cannot be cloned ({output})", fix)
    return Check(
        changes=(
            Change(
                ChangeKind.FETCH_MODEL,
                f"Clone {label(source)} with Git LFS",
                command(ctx, source),
                about=str(folder(ctx.home, source)),
            ),
        )
    )


def command(ctx: StageContext, source: ModelSource) -> tuple[str, ...]:
    """The first step of the fetch, for a person to read."""
    where = _git_folder(folder(ctx.home, source))
    return ("git", f"--git-dir={where}", "fetch", "--depth=1", source.git or "", source.revision)


def fetch(ctx: StageContext, source: ModelSource) -> tuple[str, tuple[ModelFile, ...]]:
    """Bring the model's folder to what the repository contains at that revision; its commit and its files.

    Continues where an earlier one stopped. Raises `StageError`.
    """
    target = folder(ctx.home, source)
    commit = _checked_out(ctx, source, target)
    tree = target / INCOMPLETE / "tree"
    there = [path.relative_to(tree).as_posix() for path in sorted(tree.rglob("*")) if path.is_file()]
    names = matching(there, source.include, source.exclude)
    pointers = [pointer for name in names if (pointer := read_pointer(tree, name))]
    missing = [pointer for pointer in pointers if not _in_place(target, pointer)]
    _room(ctx, source, target, missing)
    if missing:
        _fetch_objects(ctx, source, target, commit, missing)
    _move(ctx, target, missing)
    large = {pointer.path: pointer.sha256 for pointer in pointers}
    for name in names:
        if name not in large:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tree / name, target / name)
    return commit, tuple(_file(target, name, large.get(name)) for name in names)


def read_pointer(tree: Path, name: str) -> Pointer | None:
    """The pointer that a file of the checkout is; `None` if it is a file of its own."""
    if (tree / name).stat().st_size > _POINTER_BYTES:
        return None
    found = _POINTER.match((tree / name).read_text(encoding="utf-8", errors="replace"))
    return Pointer(name, found[1], int(found[2])) if found else None


def _checked_out(ctx: StageContext, source: ModelSource, target: Path) -> str:
    """Clone, or bring up to date, everything but the weights."""
    tree = target / INCOMPLETE / "tree"
    shutil.rmtree(tree, ignore_errors=True)  # only small files; those of another revision must not stay
    tree.mkdir(parents=True)
    if not (_git_folder(target) / "HEAD").exists():
        _git(ctx, source, "init", "--quiet")
        _git(ctx, source, "remote", "add", "origin", source.git or "")
    _git(ctx, source, "fetch", "--depth=1", "--no-tags", "origin", source.revision)
    _git(ctx, source, "-c", "core.symlinks=false", "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD")
    return _git(ctx, source, "rev-parse", "HEAD").output.strip()


def _room(ctx: StageContext, source: ModelSource, target: Path, missing: Sequence[Pointer]) -> None:
    need = sum(pointer.size - (size_of(_object(target, pointer)) or 0) for pointer in missing)
    free = shutil.disk_usage(target).free
    if need + _SPARE > free:
        raise StageError(
            f"{label(source)} needs {size(need)} more, and {target} has {size(free)} free.",
            "The Git LFS pointers state the sizes; no weights were downloaded.",
            "Free some space, or set DEPLOY_TUI_HOME to a bigger disk; then run it again.",
        )


def _fetch_objects(
    ctx: StageContext, source: ModelSource, target: Path, commit: str, missing: Sequence[Pointer]
) -> None:
    total = sum(pointer.size for pointer in missing)
    ctx.output(f"{len(missing)} files with Git LFS, {size(total)}")

    def hear(line: str) -> None:
        if found := _PROGRESS.search(line):
            ctx.progress(label(source), min(int(float(found[3]) * _UNITS[found[4]]), total), total)

    included = ",".join(pointer.path for pointer in missing)
    _git(ctx, source, "lfs", "fetch", f"--include={included}", "--exclude=", "origin", commit, hear=hear)
    absent = [pointer.path for pointer in missing if size_of(_object(target, pointer)) != pointer.size]
    if absent:
        raise StageError(
            f"Git LFS brought {len(missing) - len(absent)} of {len(missing)} files of {label(source)}.",
            f"{absent[0]} is missing or incomplete.", "Run it again: it continues where it stopped.",
        )  # fmt: skip
    ctx.progress(label(source), total, total)


def _move(ctx: StageContext, target: Path, missing: Sequence[Pointer]) -> None:
    """Check each file against its pointer and put it in its place."""
    record = _record(target)
    for pointer in missing:
        arrived = _object(target, pointer)
        if _digest(ctx, arrived) != pointer.sha256:
            arrived.unlink()
            raise StageError(
                f"{pointer.path} does not match the repository.",
                f"Its sha256 is not {pointer.sha256}, which its Git LFS pointer states.",
                "It was deleted. Run it again to download it.",
            )
        (target / pointer.path).parent.mkdir(parents=True, exist_ok=True)
        sync_file(arrived)  # what the record says is moved is whole, also after a power cut
        arrived.replace(target / pointer.path)
        with record.open("a", encoding="utf-8") as file:
            file.write(json.dumps([pointer.path, pointer.sha256]) + "\n")


def _in_place(target: Path, pointer: Pointer) -> bool:
    """Whether exactly this content was checked and moved there, by this run or an interrupted one."""
    moved = dict(_moved(target))
    return moved.get(pointer.path) == pointer.sha256 and size_of(target / pointer.path) == pointer.size


def _moved(target: Path) -> Iterator[tuple[str, str]]:
    if _record(target).exists():
        for line in _record(target).read_text(encoding="utf-8").splitlines():
            if line.endswith("]"):  # a line that a crash cut short is as if it were not there
                path, digest = json.loads(line)
                yield path, digest


def _digest(ctx: StageContext, path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
            ctx.host.pause(0.001)  # raises when the run is cancelled
    return found.hexdigest()


def _file(target: Path, name: str, sha256: str | None) -> ModelFile:
    path = target / name
    return ModelFile(name, path.stat().st_size, sha256 or hashlib.sha256(path.read_bytes()).hexdigest())


def _git(ctx: StageContext, source: ModelSource, *words: str, hear: Watch | None = None) -> Completed:
    target = folder(ctx.home, source)
    environment = _environment(ctx, source) | {
        "GIT_DIR": str(_git_folder(target)), "GIT_WORK_TREE": str(target / INCOMPLETE / "tree"),
    }  # fmt: skip
    done = ctx.host.run(("git", *words), environment=environment, folder=NEUTRAL, on_screen=hear)
    if done.code != 0:
        output = " ".join(done.output.split())[-400:]
        raise StageError(
            f"{label(source)} could not be fetched: git ended with status {done.code}.",
            f"Its last output: {output or 'nothing'}.",
            "Check the network and the address; run it again: it continues where it stopped.",
        )
    return done


def _environment(ctx: StageContext, source: ModelSource) -> dict[str, str]:
    """For git: never asks a person, leaves weights out of the checkout, and takes the token only to the hub.

    The empty helper comes first: it drops those of the user, who would write down what worked.
    """
    ours = ctx.host.environment()
    kept = {
        name: value for name, value in inherited(ours, "git").items()
        if not name.startswith(("GIT_TRACE", "GIT_CURL_VERBOSE", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"))
    }  # fmt: skip
    kept |= {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_LFS_FORCE_PROGRESS": "1", "LC_ALL": "C"}
    place = "://".join(urlsplit(source.git or "")[:2])
    hubs = ["://".join(urlsplit(address)[:2]) for address in (hub.PUBLIC, hub.endpoint(ours))]
    if not ours.get("HF_TOKEN") or place not in hubs:
        return kept
    given = int(kept.get("GIT_CONFIG_COUNT") or 0)
    for number, helper in enumerate(("", _HELPER), given):
        kept |= {f"GIT_CONFIG_KEY_{number}": f"credential.{place}.helper", f"GIT_CONFIG_VALUE_{number}": helper}
    return kept | {"GIT_CONFIG_COUNT": str(given + 2)}


def _git_folder(target: Path) -> Path:
    return target / INCOMPLETE / "git"


def _record(target: Path) -> Path:
    return target / INCOMPLETE / "moved.jsonl"


def _object(target: Path, pointer: Pointer) -> Path:
    name = pointer.sha256
    return _git_folder(target) / "lfs" / "objects" / name[:2] / name[2:4] / name
