"""What the doctor says of the environment in use: its extensions against the GPUs, and what its libraries lack.

Reads files, and loads none of them: it works while the environment is broken.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code
from installer.core.plans.stack import Binary
from installer.diagnostics.doctor_finding import DoctorFinding, blocker, ok, warning
from installer.host import installed
from installer.knowledge import cuda_code, packages, tables
from installer.knowledge.engines import definitions
from installer.packages.wheels import binaries
from stages import libraries

_SCRIPTS = Path(libraries.__file__).parent / "scripts"
_PATIENCE_S = 10.0
_REINSTALL = "Install the packages of these files again: `deploy-tui --stage 2-10` makes a new environment."


def environment(root: Path, facts: MachineFacts) -> Iterator[DoctorFinding]:
    """Everything worth saying about the packages of an environment."""
    if root.is_symlink() and not root.is_dir():
        yield warning(
            Code.STALE_STATE, "The environment that was in use is gone: its link leads nowhere.",
            f"{root} leads to {root.readlink()}.",
            "`deploy-tui rollback` goes back to an earlier one; `deploy-tui` makes a new one.",
        )  # fmt: skip
    folder = installed.site_packages(root)
    if folder is None:
        return
    yield from extensions(folder, facts)
    yield from loader(folder, facts)


def extensions(folder: Path, facts: MachineFacts) -> Iterator[DoctorFinding]:
    """Each package with code for GPUs, against each GPU."""
    capabilities = {gpu.compute_capability for gpu in facts.gpus or () if gpu.compute_capability}
    numbers = sorted(number for one in capabilities if one and (number := cuda_code.number(one)) is not None)
    until = time.monotonic() + _PATIENCE_S
    for row in tables.table("extensions")["extensions"] if numbers else ():
        found = [_binary(path, folder, until) for path in installed.matching(folder, row["members"])]
        known = [binary for binary in found if binary.elf or binary.ptx]
        if known:
            yield from (_assessed(row["package"], known, number) for number in numbers)


def _binary(path: Path, folder: Path, until: float) -> Binary:
    data = binaries.enough(installed.pieces(path), lambda: time.monotonic() > until)
    complete = len(data) >= path.stat().st_size
    return binaries.examine(str(path.relative_to(folder)), data, complete=complete)


def _assessed(package: str, known: list[Binary], capability: int) -> DoctorFinding:
    way = cuda_code.runs_any(capability, known)
    elf = cuda_code.listed(number for binary in known for number in binary.elf)
    evidence = (
        f"{known[0].member} has code for {elf or 'none as machine code'}; the GPU is {cuda_code.shown(capability)}."
    )
    if way == cuda_code.ELF:
        return ok(Code.GPU_ARCH, f"{package} has code for this GPU.", evidence)
    if way or not all(binary.complete for binary in known):
        return warning(
            Code.GPU_ARCH, f"{package} has no known machine code for this GPU.", evidence,
            "It may run from PTX, compiled by the driver at its first start; else take a release that has it.",
        )  # fmt: skip
    return blocker(
        Code.GPU_ARCH, f"{package} was not built for this GPU.", evidence,
        "Install a release, or a build for another CUDA, that has it.",
    )  # fmt: skip


def loader(folder: Path, facts: MachineFacts) -> Iterator[DoctorFinding]:
    """The missing shared libraries, and which files need each."""
    status, sentence, details, *more = _script("verify_libraries").check(
        _script("verify_elf"), [str(folder)], _loaded(), libraries.known(), bool(facts.gpus)
    )
    if status == "failed":
        missing = [library for facts_of in more for library in facts_of["missing"]]
        yield blocker(Code.SYSTEM_LIBRARY, f"{sentence}.", "; ".join(details), " ".join(libraries.advice(missing)))
    elif status == "skipped":
        yield warning(Code.SYSTEM_LIBRARY, f"{sentence}.", "; ".join(details), _REINSTALL if details else "")
    elif status in ("ok", "info"):
        yield ok(Code.SYSTEM_LIBRARY, f"{sentence}.")


def _script(name: str) -> ModuleType:
    """One of the scripts that are run inside environments; they need nothing but Python."""
    spec = importlib.util.spec_from_file_location(f"_doctor_{name}", _SCRIPTS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _loaded() -> tuple[str, ...]:
    """The modules whose libraries a server loads when it starts."""
    return (*definitions.engines(), *dict.fromkeys(map(packages.module_of, sorted(packages.having("loaded")))))
