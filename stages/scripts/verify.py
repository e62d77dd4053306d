"""Look at a finished Python environment the way a user would: run with its own Python, `verify.py REQUEST RESULTS`.

Reads what to look for from one file and writes what it found to the other, one JSON object a line: one when a check
begins and one when it ends, so that a check that takes the whole process down is still known by name. Prints the same
for people. Standard library only until a check needs more; changes nothing, reads no network, and one check that fails
never keeps the others from running.
"""

from __future__ import annotations

import csv
import importlib
import importlib.metadata
import importlib.util
import json
import os
import re
import sys
import sysconfig
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

FAILED, OK, SKIPPED, INFO = "failed", "ok", "skipped", "info"
Result = tuple[str, str, list[str]]
"""Status, a sentence, details."""
_CAUSES = (
    ("abi", re.compile(r"undefined symbol")),
    ("module-missing", re.compile(r"No module named")),
    ("older-system", re.compile(r"GLIBC(XX)?_")),
    ("gpu-architecture", re.compile(r"no kernel image")),
)
"""What an exception of Python's, the loader's or CUDA's own words means."""
_NOT_OPENED = re.compile(r"(lib\S+\.so[\w.]*): cannot open shared object file")


def main(request_path: str, results_path: str) -> int:
    request = json.loads(Path(request_path).read_text())
    with Path(results_path).open("w") as out:
        for name, check in _checks(request):
            kind = name.partition(" ")[0] if name.startswith("import ") else name.replace(" ", "-")
            _write(out, check=name, code=kind, status="begun")
            started = time.monotonic()
            more: dict[str, Any] = {}
            try:
                status, text, details, *rest = check()
                more = rest[0] if rest else {}
            except BaseException as error:
                traceback.print_exc()
                status, text, details, more = FAILED, reason(error), [], cause(error, kind)
            seconds = round(time.monotonic() - started, 3)
            body = {"status": status, "said": text, "details": details, "seconds": seconds}
            _write(out, **{"check": name, "code": kind, "missing": [], **body, **more})
            _print(name, status, text, details)
        _write(out, check="end", status=OK)
    return 0


def _write(out: Any, **body: Any) -> None:
    out.write(json.dumps(body) + "\n")
    out.flush()


def _print(name: str, status: str, text: str, details: list[str]) -> None:
    sys.stdout.write("\n".join([f"{status:7} {name}: {text}", *(f"        {line}" for line in details)]) + "\n")
    sys.stdout.flush()


def _checks(request: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    found, planned, gpus = list(distributions()), request["packages"], request["gpus"]
    first = sibling_module("verify_first_token").Attempt(
        request.get("first_token"), sibling_module, request.get("compiled", "")
    )
    yield "versions", partial(versions, found, planned)
    yield "files", partial(files, found)
    shared = sibling_module("verify_libraries")
    yield (
        "libraries",
        partial(
            shared.check,
            sibling_module("verify_elf"),
            package_folders(),
            request["imports"],
            request["libraries"],
            bool(gpus),
        ),
    )
    yield "requirements", partial(requirements, found)
    for module in request["imports"]:
        yield f"import {module}", partial(imported, module)
    # Before anything is computed here: what this process has asked of the kernel, the copy of it would have, too.
    first.begin()
    torch, tokenizer = sibling_module("verify_torch"), sibling_module("verify_tokenizer")
    yield "torch", partial(torch.build, gpus, "torch" in (planned or {}))
    yield "kernel", partial(torch.kernel, gpus)
    if request.get("ranks", 1) > 1:
        yield "collective", partial(sibling_module("verify_collective").check, request["ranks"], gpus)
    trusted, exact = request["trust_remote_code"], not request.get("pools")
    yield (
        "tokenizer",
        partial(tokenizer.check, request["model"], request["vocabulary_at_least"], trusted, exact),
    )
    yield "first token", first.result


def sibling_module(name: str) -> Any:
    """A file of ours, loaded by its path: our folder must not become one where other modules are found."""
    path = Path(__file__).parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"_deploy_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def distributions() -> Iterator[importlib.metadata.Distribution]:
    """What is installed in this environment itself, not in a Python below it."""
    yield from importlib.metadata.distributions(path=package_folders())


def package_folders() -> list[str]:
    """Where this environment's packages are."""
    return sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})


def installed(found: Iterable[importlib.metadata.Distribution]) -> dict[str, str]:
    return {normal(dist.metadata["Name"]): dist.version for dist in found if dist.metadata["Name"]}


def versions(found: Iterable[importlib.metadata.Distribution], wanted: Mapping[str, str] | None) -> Result:
    """Whether every package of the plan is there in its version."""
    have = installed(found)
    if wanted is None:
        return SKIPPED, f"no resolved plan to compare the {len(have)} packages with", []
    wrong = [f"{name} {version} is not installed" for name, version in wanted.items() if normal(name) not in have]
    for name, version in wanted.items():
        is_there = have.get(normal(name))
        if is_there is not None and not same_version(is_there, version):
            wrong.append(f"{name} is {is_there}, but {version} was planned")
    if wrong:
        return FAILED, f"{len(wrong)} of {len(wanted)} packages are not as planned", wrong
    return OK, f"{len(wanted)} packages in the planned versions", []


def files(found: Iterable[importlib.metadata.Distribution]) -> tuple[str, str, list[str], dict[str, Any]]:
    """Whether every file that was installed is still there, whole; last, what to compare with the wheels themselves."""
    claims: dict[str, set[int]] = {}
    owners: dict[str, importlib.metadata.Distribution] = {}
    for dist in found:
        for path, size in recorded(dist):
            claims.setdefault(path, set()).add(size)
            owners.setdefault(path, dist)
    wrong = {path: why for path, sizes in claims.items() if (why := damage(path, sizes))}
    if not wrong:
        return OK, f"{len(claims)} installed files are present and complete", [], {}
    details = [f"{owners[path].metadata['Name']}: {path} {why}" for path, why in wrong.items()]
    doubted = [
        [normal(owners[path].metadata["Name"]), os.path.relpath(path, str(owners[path].locate_file(""))), path]
        for path in wrong
    ]
    text = f"{len(wrong)} of {len(claims)} installed files are missing or changed"
    return FAILED, text, details, {"doubted": doubted}


def recorded(dist: importlib.metadata.Distribution) -> Iterator[tuple[str, int]]:
    """The files of a distribution by its own record: path and size, -1 where any size will do."""
    base = str(dist.locate_file(""))
    for row in csv.reader((dist.read_text("RECORD") or "").splitlines()):
        if not row or row[0].endswith(".pyc"):
            continue
        # Scripts are rewritten by anyone who installs them, and companies add their own authority to certificates.
        known = len(row) > 2 and row[2].isdigit() and not row[0].startswith("..") and not row[0].endswith("cacert.pem")
        yield os.path.normpath(os.path.join(base, row[0])), int(row[2]) if known else -1


def damage(path: str, sizes: set[int]) -> str:
    """What is wrong with a file that should have one of these sizes; several packages may own the same file."""
    try:
        size = Path(path).stat().st_size
    except OSError:
        return "is missing"
    return "" if size in sizes or -1 in sizes else f"has {size} bytes instead of {min(sizes)}"


def requirements(found: list[importlib.metadata.Distribution]) -> Result:
    """What the packages say they need; recipes override some of it on purpose, so this never fails."""
    try:
        parse = importlib.import_module("packaging.requirements").Requirement
    except ImportError:
        return SKIPPED, "packaging is not installed here", []
    have = installed(found)
    unmet = []
    for dist in found:
        for text in dist.requires or ():
            need = parse(text)
            if need.marker is not None and not need.marker.evaluate({"extra": ""}):
                continue
            version = have.get(normal(need.name))
            if version is None or not need.specifier.contains(version, prereleases=True):
                unmet.append(f"{dist.metadata['Name']} needs {need}, and {version or 'none'} is installed")
    if unmet:
        return (
            INFO,
            f"{len(unmet)} of the packages' own requirements are not met; the recipe may have overridden them",
            unmet,
        )
    return OK, "all requirements of the packages are met", []


def imported(module: str) -> Result:
    importlib.import_module(module)
    return OK, "works", []


def same_version(one: str, other: str) -> bool:
    try:
        parse = importlib.import_module("packaging.version").Version
        return bool(parse(one) == parse(other))
    except Exception:
        return one.casefold() == other.casefold()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def cause(error: BaseException, kind: str) -> dict[str, Any]:
    """What a reader of the results needs to choose its advice: a code, and the libraries that are missing."""
    text = str(error)
    code = next((code for code, words in _CAUSES if words.search(text)), kind)
    # A module that another check lacks is not the recipe's to add.
    code = kind if code == "module-missing" and kind != "import" else code
    return {"code": code, "missing": _NOT_OPENED.findall(text)}


def reason(error: BaseException) -> str:
    """The line that says what happened, such as the symbol that is undefined."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
