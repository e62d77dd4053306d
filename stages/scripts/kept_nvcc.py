"""nvcc that keeps what it compiles: `kept_nvcc.py NVCC ARGUMENTS...`, run by the `nvcc` of an environment's toolkit.

Engines compile the same kernels again in every new environment, because their caches (FlashInfer's, tvm-ffi's) go by
its path. Here an object is taken from the folder in DEPLOY_TUI_NVCC_CACHE where nothing that it was made of differs:
the options, the compilers, the variables that they read, and the content of every file that the compiler listed. Paths
of the environment, and of the folder that the cache is in, are left out of the comparison, also inside files: engines
write sources that include others by their whole path. A header that appears earlier on the search path without being
listed is not noticed (as with ccache).

Handles only the compilation of one source to one object with a list of its dependencies, and passes everything else to
nvcc as it is. Never keeps what failed, and never returns an object whose checksum does not match.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

VARIABLE = "DEPLOY_TUI_NVCC_CACHE"
_READ = ("NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS", "NVCC_CCBIN", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH")
_CORES = re.compile(r"--split-compile(?:=|\s+)\d+")
"""How many threads compile; the code that they make is the same (docs/evidence/compiling.md)."""
_MOST = 8
"""So many states of its headers are looked at for one command."""
_NATIVE = re.compile(r"\bnative\b")
"""What is built for the machine that builds it must not come to another one in a bundle."""


class Job(NamedTuple):
    object: Path
    listing: Path
    """Where the compiler lists the files that it read, as make reads it."""


def main(nvcc: str, arguments: Sequence[str]) -> int:
    folder = os.environ.get(VARIABLE)
    job = plain(arguments) if folder else None
    key = _key(nvcc, arguments, Path(folder)) if folder and job else None
    if not folder or job is None or key is None:
        os.execv(nvcc, [nvcc, *arguments])
    kept = Path(folder) / key
    if taken(kept, job, Path(folder)):
        return 0
    ended = subprocess.run([nvcc, *arguments], check=False).returncode
    if ended == 0:
        with contextlib.suppress(OSError):  # a full disk is no reason to fail a compilation that went well
            keep(kept, job, Path(folder))
    return ended if ended >= 0 else 128 - ended


def plain(arguments: Sequence[str]) -> Job | None:
    """What a command makes; `None` if it is more, or something else, than one object with its dependencies."""
    compiles = {"-c", "--compile"} & {*arguments} and {"-MD", "--generate-dependencies-with-compile"} & {*arguments}
    made, listing = _value(arguments, "-o", "--output-file"), _value(arguments, "-MF", "--dependency-output")
    other = [
        one for one in arguments if one.startswith(("@", "--options-file", "-optf", "--keep", "-keep", "--dryrun"))
    ]
    return Job(Path(made), Path(listing)) if compiles and made and listing and not other else None


def _value(arguments: Sequence[str], *names: str) -> str | None:
    for given, following in zip(arguments, (*arguments[1:], ""), strict=True):
        if given in names:
            return following or None
        if (long := given.partition("=")) and long[0] in names and long[2]:
            return long[2]
    return None


def _key(nvcc: str, arguments: Sequence[str], folder: Path) -> str | None:
    """Of all that is known before anything is read; `None` if that does not decide what is made."""
    host = _value(arguments, "-ccbin", "--compiler-bindir") or os.environ.get("NVCC_CCBIN") or "gcc"
    identities = [_identity(nvcc), _identity(shutil.which(host) or host)]
    if None in identities:
        return None
    told = [_CORES.sub("", os.environ.get(name, "")).strip() for name in _READ]
    if any(map(_NATIVE.search, (*arguments, *told))):
        return None
    return _digest(json.dumps([_neutral(str([*arguments, told, Path.cwd()]), folder), identities]).encode())


def _identity(compiler: str) -> str | None:
    try:
        return subprocess.run([compiler, "--version"], capture_output=True, check=True, timeout=60).stdout.decode()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def taken(kept: Path, job: Job, folder: Path) -> bool:
    """Put the object and its list where the command wants them, if one was kept that was made of what is there now."""
    for note in sorted(kept.glob("*.json"), key=lambda one: one.stat().st_mtime, reverse=True)[:_MOST]:
        try:
            listed = json.loads(note.read_text(encoding="utf-8"))
            made = note.with_suffix(".o").read_bytes()
            good = _digest(made) == listed["object"] and all(
                _content(Path(_actual(path, folder)), folder) == content for path, content in listed["files"]
            )
            if good:
                _write(job.object, made)
                _write(job.listing, _actual(listed["listing"], folder).encode())
                return True
        except (OSError, ValueError, KeyError, TypeError):
            continue  # torn, or a file is gone: then it is compiled
    return False


def keep(kept: Path, job: Job, folder: Path) -> None:
    listing = job.listing.read_text(encoding="utf-8")
    files = [[_neutral(path, folder), _content(Path(path), folder)] for path in dependencies(listing)]
    made = job.object.read_bytes()
    note = {"object": _digest(made), "listing": _neutral(listing, folder), "files": files}
    kept.mkdir(parents=True, exist_ok=True)
    name = _digest(json.dumps(files).encode())
    _write(kept / f"{name}.o", made)
    _write(kept / f"{name}.json", json.dumps(note).encode())


def dependencies(listing: str) -> Iterator[str]:
    """The files of a rule as make reads it, absolute."""
    after = re.split(r"(?<=[^\\]):\s", listing.replace("\\\n", " "), maxsplit=1)[-1]
    for word in re.findall(r"(?:\\.|[^\s\\])+", after):
        yield str(Path(re.sub(r"\\(.)", r"\1", word).replace("$$", "$")).resolve())


def _neutral(text: str, folder: Path) -> str:
    for name, path in _places(folder):
        text = text.replace(path, name)
    return text


def _actual(text: str, folder: Path) -> str:
    for name, path in _places(folder):
        text = text.replace(name, path)
    return text


def _places(folder: Path) -> tuple[tuple[str, str], ...]:
    """What is called otherwise in another environment: where the build runs, what is compiled for it, and itself."""
    environment, compiled, here = Path(__file__).resolve().parents[2], folder.resolve().parent, Path.cwd()
    build = (("@here@", str(here)),) if compiled in here.parents else ()
    return *build, ("@compiled@", str(compiled)), ("@environment@", str(environment))


def _content(file: Path, folder: Path) -> str:
    """Of what it says in any environment."""
    content = file.read_bytes()
    for name, path in _places(folder):
        content = content.replace(os.fsencode(path), name.encode())
    return _digest(content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".kept-")
    with os.fdopen(handle, "wb") as out:
        out.write(content)
    Path(temporary).replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
