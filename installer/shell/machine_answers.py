"""What programs say of the machine (`nvidia-smi`, `nproc`, `uname`), by its facts. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence

from installer.core.machine.facts import MachineFacts
from installer.shell.state import UNKNOWN

_COUNTS = re.compile(r"import torch; *print\(torch\.cuda\.device_count\(\)\)")


def output_of(name: str, words: Sequence[str], facts: MachineFacts) -> str | None:
    """What a program prints; `None` for one that says nothing of the machine."""
    match name:
        case "uname":
            return _uname(words, facts)
        case "nvidia-smi":
            return _nvidia_smi(words, facts)
        case "nproc":
            return f"{facts.cpu.cores}\n" if facts.cpu.cores and not words else UNKNOWN
        case "python" | "python3":
            return _python(words, facts)
    return None


def _uname(words: Sequence[str], facts: MachineFacts) -> str:
    known = {"-m": facts.os.arch, "-s": "Linux", "": "Linux"}
    answer = known.get(" ".join(words))
    return f"{answer}\n" if answer else UNKNOWN


def _nvidia_smi(words: Sequence[str], facts: MachineFacts) -> str:
    """`nvidia-smi --query-gpu=… --format=csv,noheader`, from the facts of the machine."""
    if list(words) in (["-L"], ["--list-gpus"]) and facts.gpus is not None:
        return "".join(f"GPU {place}: {gpu.name} (UUID: GPU-{place})\n" for place, gpu in enumerate(facts.gpus))
    query = next((word.partition("=")[2] for word in words if word.startswith("--query-gpu=")), "")
    form = next((word.partition("=")[2] for word in words if word.startswith("--format=")), "")
    if not query or "noheader" not in form or not facts.gpus or any(w in ("-i", "--id") for w in words):
        return UNKNOWN
    unit = "" if "nounits" in form else " MiB"
    rows = []
    for gpu in facts.gpus:
        known = {
            "name": gpu.name,
            "gpu_name": gpu.name,
            "compute_cap": gpu.compute_capability,
            "memory.total": f"{gpu.memory_mib}{unit}" if gpu.memory_mib else None,
            "driver_version": facts.driver.version if facts.driver else None,
        }
        cells = [known.get(part.strip()) for part in query.split(",")]
        if any(cell is None for cell in cells):
            return UNKNOWN
        rows.append(", ".join(str(cell) for cell in cells))
    return "\n".join(rows) + "\n"


def _python(words: Sequence[str], facts: MachineFacts) -> str:
    """`python -c "import torch; print(torch.cuda.device_count())"`, which is how scripts count GPUs."""
    counts = words[:1] == ["-c"] and bool(_COUNTS.fullmatch(" ".join(words[1:2]).strip()))
    return f"{len(facts.gpus)}\n" if counts and facts.gpus is not None else UNKNOWN
