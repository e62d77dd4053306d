"""What one compiled extension was built for: GPU architectures, CUDA, torch's C++ ABI. Pure functions over its bytes.

What its bytes do not show stays empty: not known, never "none".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from installer.core.plans.stack import Binary
from installer.packages.wheels import elf, fatbins

_TORCH_SYMBOL = re.compile(rb"_ZNK?(?:3c10|2at|5torch)[A-Za-z0-9_]*")
_STABLE_SYMBOL = b"aoti_torch_"
_CUDA_LIBRARY = re.compile(
    r"lib(?:cudart|cublas|cublasLt|nvrtc|nvrtc-builtins|nvJitLink)(?:[-.][0-9a-f]{6,})?\.so\.(\d+)(?:\.(\d+))?"
)
_HOST_PART = 4 * 1024 * 1024
"""Where a file is cut off, the names in it are looked for in this much: they come before its code."""
REPEATS = 8
"""Containers that one after the other add nothing new: enough to know what most of it was built for."""
_STEP = 1024 * 1024


def examine(member: str, data: bytes, *, complete: bool = True) -> Binary:
    """The facts in `data`: all of the file `member`, or its beginning."""
    code = fatbins.code(data)
    names = elf.strings(data)
    libraries = elf.needed(data)
    if libraries is None or names is None:
        names = data[:_HOST_PART]
        libraries = elf.likely_needed(names)
    return Binary(
        member=member,
        elf=tuple(sorted(code.elf | code.specific)),
        ptx=tuple(sorted(code.ptx)),
        specific=tuple(sorted(code.specific - code.elf)),
        libraries=libraries,
        torch_abi=_torch_abi(names),
        complete=complete,
    )


def enough(pieces: Iterable[bytes], stop: Callable[[], bool], repeats: int = REPEATS) -> bytes:
    """The beginning of a file, read until `repeats` containers added no new architecture, or until `stop`.

    A file without GPU code is read until `stop`: what it is built for may come at any place.
    """
    data, code, at, alike, looked = bytearray(), fatbins.Code(), 0, 0, 0
    for piece in pieces:
        data += piece
        if len(data) - looked < _STEP:
            continue
        looked = len(data)
        for end, one in fatbins.containers(data, at):
            alike = alike + 1 if (code | one) == code else 0
            code, at = code | one, end
        if alike >= repeats or stop():
            break
    return bytes(data)


def cuda_of(binaries: Iterable[Binary]) -> str:
    """The major version of CUDA that they require, such as "13"; empty: none, several, or not known."""
    majors = {major for binary in binaries for library in binary.libraries if (major := cuda_of_library(library))}
    return majors.pop() if len(majors) == 1 else ""


def cuda_of_library(library: str) -> str:
    """ "12" for "libcudart.so.12"; empty for what does not belong to one release of CUDA."""
    match = _CUDA_LIBRARY.fullmatch(library)
    return match.group(1) if match else ""


def _torch_abi(names: bytes) -> str:
    found = ""
    for match in _TORCH_SYMBOL.finditer(names):
        symbol = match.group()
        if b"__cxx11" in symbol:
            return "cxx11"
        if b"RKSs" in symbol:
            found = "pre-cxx11"
    return found or ("stable" if _STABLE_SYMBOL in names else "")
