"""Write the bytecode that imports would write, in parallel and before them: `--processes N MODULE…`.

Run with the Python of the environment. Follows what each module imports when it is itself imported, beginning with
those named; nothing is imported or run, and nothing is written but the caches that Python keeps next to its sources.
Of those named, also what their functions import: the module of a server may import nothing before it is run.
What is left out here (imported within other functions, by a computed name) is compiled when it is imported, as always.
"""

from __future__ import annotations

import argparse
import dis
import importlib.machinery
import sys
import sysconfig
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from pathlib import Path
from types import CodeType
from typing import Any

_FOLDERS = tuple(dict.fromkeys(Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("modules", nargs="+")
    wanted = parser.parse_args()
    try:
        count = compile_all(wanted.modules, wanted.processes)
    except (OSError, BrokenExecutor) as error:  # no semaphores here, or no memory: imports compile it then
        sys.stdout.write(f"bytecode was not compiled ahead: {error}\n")
        return 1
    sys.stdout.write(f"{count:,} modules have their bytecode\n")
    return 0


def compile_all(names: list[str], processes: int) -> int:
    """Those, and all that they lead to; how many that are."""
    seen: set[str] = set()
    begin = frozenset(names)
    count = 0
    running: set[Future[list[str]]] = set()
    with ProcessPoolExecutor(processes) as pool:
        while names or running:
            found = [(name, path) for name in dict.fromkeys(names) if name not in seen and (path := source(name))]
            seen.update(names)
            count += len(found)
            running.update(pool.submit(compiled, *one, one[0] in begin) for one in found)
            done, running = wait(running, return_when=FIRST_COMPLETED)
            names = [name for one in done for name in one.result()]
    return count


def source(name: str) -> str | None:
    """The file of a module among the environment's packages; `None` if that is none of Python's sources."""
    for folder in _FOLDERS:
        module = folder.joinpath(*name.split("."))
        for path in (module / "__init__.py", module.with_name(f"{module.name}.py")):
            if path.is_file():
                return str(path)
    return None


def compiled(name: str, path: str, deep: bool = False) -> list[str]:
    """What it imports (`deep`: its functions as well); its bytecode is in its place then.

    A module that cannot be compiled imports nothing.
    """
    try:
        code = importlib.machinery.SourceFileLoader(name, path).get_code(name)
    except (SyntaxError, OSError, ValueError, RecursionError):
        return []
    package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
    parts = () if code is None else nested(code) if deep else (code,)
    return list(dict.fromkeys(found for part in parts for found in imports(part, package)))


def nested(code: CodeType) -> Iterator[CodeType]:
    """It, and all functions and classes in it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from nested(one)


def imports(code: CodeType, package: str) -> Iterator[str]:
    """Names of modules that its own level imports, with the packages that contain them, and what may be one of them."""
    loaded: list[Any] = [None, None]
    skipped = 0
    for step in dis.get_instructions(code):
        if step.offset < skipped:
            continue
        if step.opname.endswith("IF_FALSE") and loaded[-1] == "TYPE_CHECKING":
            skipped = step.argval
        elif step.opname == "IMPORT_NAME":
            base = _absolute(step.argval, loaded[-2], package)
            parts = base.split(".")
            yield from (".".join(parts[: end + 1]) for end in range(len(parts)))
            yield from (f"{base}.{one}" for one in loaded[-1] or () if one != "*")
        elif step.opname.startswith("LOAD_"):
            loaded = [loaded[-1], step.argval]


def _absolute(name: str, level: int, package: str) -> str:
    if not level:
        return name
    base = package.split(".")
    return ".".join([*base[: len(base) - level + 1], *([name] if name else [])])


if __name__ == "__main__":
    raise SystemExit(main())
