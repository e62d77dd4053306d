"""What the verification script found, as values: each check's verdict, what took the process down, and what to do.

Pure: reads texts, runs nothing.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from installer.core.outcomes import Word
from installer.core.runs.home import Home
from stages import libraries

_ABI = re.compile(r"undefined symbol: _Z\w*(?:3c10|2at|5torch|aoti)\w*")
"""A symbol that only torch defines: a compiled package that was built for another one."""
_NOT_OPENED = re.compile(r"(lib\S+\.so[\w.]*): cannot open shared object file")


class Outcome(Word):
    """How one check of the script ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Verdict:
    check: str
    status: Outcome
    said: str
    details: tuple[str, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        more = f" and {len(self.details) - 3} more" if len(self.details) > 3 else ""
        details = f" ({'; '.join(self.details[:3])}{more})" if self.details else ""
        return f"{self.check}: {self.said}{details}"


def read(results: str, code: int, printed: str) -> tuple[Verdict, ...]:
    """The verdicts in the script's results, and what its end and its other output add to them."""
    verdicts: list[Verdict] = []
    running, ended = "", False
    for line in results.splitlines():
        match _object(line):
            case {"check": "end"}:
                ended = True
            case {"check": str(check), "status": "begun"}:
                running = check
            case {
                "check": str(c),
                "status": str(status),
                "said": str(said),
                "details": list(more),
                "seconds": float(s),
            } if status in set(Outcome):
                running = ""
                verdicts.append(Verdict(c, Outcome(status), said, tuple(more), s))
    if not ended:
        last = next((line for line in reversed(printed.splitlines()) if line.strip()), "")
        verdicts.append(Verdict(running or "verification", Outcome.FAILED, ending(code), (last,) if last else ()))
    return (*verdicts, *_swallowed(printed, verdicts))


def ending(code: int) -> str:
    """How a process ended, in words; a negative code is the signal that did it."""
    if code == 124:
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
        lacks = _lacks(verdict)
        missing += lacks
        advice += [] if lacks else [_advice(verdict, home)]
    return " ".join(dict.fromkeys((*libraries.advice(missing), *advice)))


def _lacks(verdict: Verdict) -> list[str]:
    """The shared libraries that a failed check misses."""
    if verdict.check == "libraries":
        return [detail.split()[0].rstrip(",") for detail in verdict.details]
    return _NOT_OPENED.findall(str(verdict))


def _swallowed(printed: str, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Engines only warn when one of their compiled parts does not load, and then fail when it is needed."""
    known = " ".join(map(str, verdicts))
    lines = {match[0]: line.strip() for line in printed.splitlines() if (match := _ABI.search(line))}
    return [
        Verdict("compiled parts", Outcome.FAILED, line[:300]) for symbol, line in lines.items() if symbol not in known
    ]


def _advice(verdict: Verdict, home: Home) -> str:
    text = str(verdict)
    for pattern, advice in _ADVICE:
        if re.search(pattern, text):
            return advice.format(home=home.root)
    return "The log of stage 9 has the full output."


_ADVICE = (
    (
        r"^first token",
        "The server would die the same way: take another release of the engine, or another type of numbers "
        "(--set server.flags.--dtype=float32).",
    ),
    (r"SIGILL", "A package needs processor features that this machine lacks: choose a build for this processor."),
    (
        r"undefined symbol",
        "A compiled package was built for another torch: let the recipe take both from the same release, then run "
        "deploy-tui --stage 3-7.",
    ),
    (
        r"^import .*No module named",
        "Add the missing package to the recipe's dependencies, then run deploy-tui --stage all.",
    ),
    (r"GLIBC(XX)?_", "A package was built for a newer system: choose an older build, or a newer base image."),
    (r"^versions", "Run deploy-tui --stage 3-7: it installs what is missing."),
    (
        r"^files",
        "Go back with deploy-tui rollback; or delete {home}/current and run deploy-tui --stage all, which takes the "
        "packages from the cache.",
    ),
    (
        r"no binaries for the GPU|no kernel image",
        "Choose a build of torch for this GPU's architecture (another index in the recipe's pytorch section).",
    ),
    (r"^torch.*cannot use the GPU", "Check nvidia-smi; choose a build of torch whose CUDA this driver serves."),
    (
        r"^collective",
        "Set NCCL_DEBUG=INFO and run deploy-tui --stage 9 again: its log shows which connection between the GPUs "
        "fails. "
        "A container needs --ipc=host or a larger --shm-size.",
    ),
    (r"^kernel", "Check the GPU with nvidia-smi -q; if it persists, use another machine."),
    (r"^tokenizer.*recipe wants", "Look at the model and at vocabulary_at_least in the recipe: they do not match."),
    (r"^tokenizer", "Check the recipe's transformers version (stage 5), or fetch the model again (stage 8)."),
    (r"too long", "Run deploy-tui --stage 9 again; the first import after an installation is the slowest."),
)


def _object(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None
