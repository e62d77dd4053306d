"""What the verification script found, as values: each check's verdict, what took the process down, and what to do.

Pure: reads texts, runs nothing.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from installer.core.files import foreign_json
from installer.core.outcomes import CheckStatus
from installer.core.runs.home import Home
from stages import libraries

_ABI = re.compile(r"undefined symbol: _Z\w*(?:3c10|2at|5torch|aoti)\w*")
"""A symbol that only torch defines: a compiled package that was built for another one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    check: str
    status: CheckStatus
    said: str
    details: tuple[str, ...] = ()
    seconds: float = 0.0
    code: str = ""
    """What went wrong, for programs: the kind of the check, or what its error is known to mean."""
    missing: tuple[str, ...] = ()
    """Missing shared libraries."""
    doubted: tuple[tuple[str, str, str], ...] = ()
    """Files that differ from the record of their package: the package, the name in its wheel, the path."""

    def __str__(self) -> str:
        more = f" and {len(self.details) - 3} more" if len(self.details) > 3 else ""
        details = f" ({'; '.join(self.details[:3])}{more})" if self.details else ""
        return f"{self.check}: {self.said}{details}"


def read(results: str, exit_code: int, printed: str) -> tuple[Verdict, ...]:
    """The verdicts in the script's results, and what its end and its other output add to them."""
    verdicts, running, kind, ended = _parsed(results)
    if not ended:
        last = next((line for line in reversed(printed.splitlines()) if line.strip()), "")
        details = (last,) if last else ()
        code = _ENDINGS.get(exit_code, kind)
        verdicts.append(Verdict(running, CheckStatus.FAILED, ending(exit_code), details, code=code))
    return (*verdicts, *_hidden_failures(printed, verdicts))


def finished(results: str) -> tuple[Verdict, ...]:
    """The verdicts so far, while the script may still run."""
    return tuple(_parsed(results)[0])


def _parsed(results: str) -> tuple[list[Verdict], str, str, bool]:
    """The verdicts; the check that has begun and not ended, with its kind; and whether all have ended."""
    verdicts: list[Verdict] = []
    running, kind, ended = "verification", "", False
    for line in results.splitlines():
        match _object(line):
            case {"check": "end"}:
                ended = True
            case {"check": str(check), "code": str(code), "status": "begun"}:
                running, kind = check, code
            case {
                "check": str(c),
                "code": str(code),
                "missing": list(missing),
                "status": str(status),
                "said": str(said),
                "details": list(more),
                "seconds": float(s),
                **rest,
            } if status in set(CheckStatus):
                running, kind = "verification", ""
                doubted = _doubted_files(rest.get("doubted"))
                verdicts.append(Verdict(c, CheckStatus(status), said, tuple(more), s, code, tuple(missing), doubted))
    return verdicts, running, kind, ended


def _doubted_files(found: object) -> tuple[tuple[str, str, str], ...]:
    return tuple((str(a), str(b), str(path)) for a, b, path in found) if isinstance(found, list) else ()


_TIMEOUT = 124
_ENDINGS = {_TIMEOUT: "timeout", -signal.SIGILL: "illegal-instruction"}


def ending(code: int) -> str:
    """How a process ended, in words; a negative code is the signal that did it."""
    if code == _TIMEOUT:
        return "it took too long and was stopped"
    if code >= 0:
        return f"the process ended with status {code}"
    try:
        number = signal.Signals(-code)
    except ValueError:
        return f"the process was ended by signal {-code}"
    return f"the process was ended by {number.name} ({(signal.strsignal(number) or '').lower()})"


def fixes(failed: Iterable[Verdict], home: Home) -> str:
    """What to do about the failed checks, each advice once."""
    missing: list[str] = []
    advice: list[str] = []
    for verdict in failed:
        missing += verdict.missing
        advice += [] if verdict.missing else [_ADVICE.get(verdict.code, _LOG).format(home=home.root)]
    return " ".join(dict.fromkeys((*libraries.advice(missing), *advice)))


def _hidden_failures(printed: str, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Engines only warn when one of their compiled parts does not load, and then fail when it is needed."""
    known = " ".join(map(str, verdicts))
    lines = {match[0]: line.strip() for line in printed.splitlines() if (match := _ABI.search(line))}
    return [
        Verdict("compiled parts", CheckStatus.FAILED, line[:300], code="abi")
        for symbol, line in lines.items()
        if symbol not in known
    ]


_LOG = "The log of stage 9 has the full output."
_ADVICE = {
    "first-token": (
        "The server would fail in the same way: use another release of the engine, or another number format "
        "(--set server.flags.--dtype=float32)."
    ),
    "settings-refused": (
        "The server would refuse to start in the same way: change these settings (--set server.flags.FLAG=VALUE) or "
        "remove them, then run the same command again."
    ),
    "illegal-instruction": (
        "A package needs processor features that this machine lacks: choose a build for this processor."
    ),
    "abi": (
        "A compiled package was built for another torch: let the recipe take both from the same release, then run "
        "deploy-tui --stage 3-7."
    ),
    "module-missing": "Add the missing package to the recipe's dependencies, then run deploy-tui --stage all.",
    "older-system": "A package was built for a newer system: choose an older build, or a newer base image.",
    "versions": "Run deploy-tui --stage 3-7: it installs what is missing.",
    "files": (
        "Go back with deploy-tui rollback; or delete {home}/current and run deploy-tui --stage all, which takes the "
        "packages from the cache."
    ),
    "gpu-architecture": (
        "Choose a build of torch for this GPU's architecture (another index in the recipe's pytorch section)."
    ),
    "gpu-unusable": "Check nvidia-smi; choose a build of torch whose CUDA this driver supports.",
    "collective": (
        "Set NCCL_DEBUG=INFO and run deploy-tui --stage 9 again: its log shows which connection between the GPUs "
        "fails. A container needs --ipc=host or a larger --shm-size."
    ),
    "kernel": "Check the GPU with nvidia-smi -q; if it persists, use another machine.",
    "vocabulary": "Look at the model and at vocabulary_at_least in the recipe: they do not match.",
    "tokenizer": "Check the recipe's transformers version (stage 5), or fetch the model again (stage 8).",
    "timeout": "Run deploy-tui --stage 9 again; the first import after an installation is the slowest.",
}
"""By the code of a verdict: never by its words, which are for people."""


def _object(line: str) -> object:
    try:
        return foreign_json.loads(line)
    except ValueError:
        return None
