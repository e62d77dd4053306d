"""Whether torch is the one that was meant, runs on the GPUs that are here, and computes right.

Loaded by `verify.py`, with the Python of the environment that is looked at. Never touches what is on a GPU already.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

Result = tuple[str, str, list[str]] | tuple[str, str, list[str], dict[str, Any]]
"""Status, a sentence, details; after a failure also `code` or `missing`, by which its advice is chosen."""
_SIDE = 256
_TOLERANCE = 1e-3


def build(gpus: list[Mapping[str, Any]], planned: bool) -> Result:
    """Which torch this is, and whether its binaries run on the GPUs that are here."""
    try:
        torch = importlib.import_module("torch")
    except ModuleNotFoundError as error:
        return ("failed" if planned or error.name != "torch" else "skipped"), _reason(error), []
    abi = "new" if torch._C._GLIBCXX_USE_CXX11_ABI else "old"
    text = f"torch {torch.__version__}, CUDA {torch.version.cuda or 'none'}, {abi} C++ ABI"
    if not gpus:
        return "ok", text, []
    if not torch.cuda.is_available():
        return "failed", f"{text}: it cannot use the GPU", [why_no_gpu(torch)], {"code": "gpu-unusable"}
    binaries = torch.cuda.get_arch_list()
    wrong = []
    for index in range(torch.cuda.device_count()):
        capability = torch.cuda.get_device_capability(index)
        if not runs_on(capability, binaries):
            name, (major, minor) = torch.cuda.get_device_name(index), capability
            wrong.append(f"{name} is {major}.{minor}, built for {', '.join(binaries) or 'no GPU'}")
    if wrong:
        return "failed", f"{text}: no binaries for the GPU", wrong, {"code": "gpu-architecture"}
    return "ok", text, []


def why_no_gpu(torch: Any) -> str:
    if torch.version.cuda is None:
        return "this torch was built without CUDA"
    try:
        torch.cuda.init()
    except Exception as error:
        return _reason(error)
    return "torch sees no device"


def runs_on(capability: tuple[int, int], binaries: Iterable[str]) -> bool:
    """Whether one of `binaries` (as torch lists them) runs on a GPU of that compute capability.

    Machine code runs on the same major version from its minor version on ("a": on exactly that one); PTX on anything
    newer, translated by the driver.
    """
    for text in binaries:
        match = re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", text)
        if match is None:
            continue
        kind, major, minor, suffix = match[1], int(match[2]), int(match[3]), match[4]
        exact = (major, minor) == capability
        if kind == "compute" and (exact or (not suffix and (major, minor) <= capability)):
            return True
        if kind == "sm" and (exact or (suffix != "a" and major == capability[0] and minor <= capability[1])):
            return True
    return False


def kernel(gpus: list[Mapping[str, Any]]) -> Result:
    """A multiplication on every device, compared with the same one in double precision."""
    try:
        torch = importlib.import_module("torch")
    except ModuleNotFoundError as error:
        return "skipped", _reason(error), []
    torch.manual_seed(0)
    left, right = torch.randn(_SIDE, _SIDE), torch.randn(_SIDE, _SIDE)
    truth = left.double() @ right.double()
    if not gpus:
        return _compared(torch, "the CPU", left @ right, truth)
    if torch.cuda.device_count() == 0:
        return "failed", "there is no GPU that torch could compute on", []
    torch.backends.cuda.matmul.allow_tf32 = False
    for index in range(torch.cuda.device_count()):
        device = f"cuda:{index}"
        answer = _compared(torch, torch.cuda.get_device_name(index), (left.to(device) @ right.to(device)).cpu(), truth)
        if answer[0] != "ok":
            return answer
    return "ok", f"{torch.cuda.device_count()} GPU(s) multiply as the CPU does", []


def _compared(torch: Any, device: str, product: Any, truth: Any) -> Result:
    off = float((product.double() - truth).abs().max() / truth.abs().max())
    if not off <= _TOLERANCE:
        return "failed", f"{device} computes a wrong product: off by {off:.1e} of the largest value", []
    return "ok", f"{device} multiplies {_SIDE}x{_SIDE} right to {off:.0e}", []


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
