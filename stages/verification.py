"""The whole environment, checked as a user would, by its own Python. Stage 9, and stage 10 before it stops a server.

A proof of what was checked is kept (`verified.json`) and valid as long as nothing it depends on changes. Never changes
the environment or the model, and never passes a check that was not made.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from installer.core.contracts.stage import Change, ChangeKind, Check, StageContext
from installer.core.errors import DamagedError, StageError
from installer.core.outcomes import CheckStatus
from installer.core.packages.lock import Lock
from installer.core.plans.procedure import Launch
from installer.disk.reading import read_json
from installer.disk.writing import write_atomically
from installer.knowledge.engines import launch_reader
from stages import (
    compile_cache,
    container_proof,
    engine_environment,
    engine_plugins,
    first_token,
    libraries,
    pooling,
    used_gpus,
    wheel_files,
)
from stages.launching import arguments
from stages.models import chosen, state
from stages.verification_results import Verdict, finished, fixes, read

SCRIPT = Path(__file__).parent / "scripts" / "verify.py"
_LOADER_CACHE = Path("/etc/ld.so.cache")
"""Changes with every library that is installed or removed; the same bytes for the same libraries."""
_PATIENCE_S = 1800.0
_TOLD = ("first token", "torch", "kernel", "collective", "tokenizer")


def check(ctx: StageContext) -> Check:
    """Satisfied where a proof is on file for exactly this environment, model, recipe and driver."""
    if not ctx.facts.here:
        return Check(unknown="GPU and imports are verified on the machine itself.")
    if ctx.recipe.container:
        return container_proof.check(ctx)
    python = _python(ctx)
    if python is None:
        return Check(unknown="There is no environment to verify yet.")
    proof = _proof(ctx)
    if proof is not None and proof.get("fingerprint") == fingerprint(ctx):
        return Check(observed=tuple(proof.get("seen", ())))
    change = Change(
        ChangeKind.VERIFY, "verify versions, files, libraries, imports, a kernel and the tokenizer", _command(python)
    )
    return Check(changes=(change,))


def apply(ctx: StageContext, changes: Sequence[Change]) -> None:
    """Make every check, then write the proof. Raises `StageError` that lists each check that failed."""
    for change in changes[:1]:
        ctx.begin(change)
    if ctx.recipe.container:
        container_proof.apply(ctx)
        return
    _proof_path(ctx).unlink(missing_ok=True)
    before = fingerprint(ctx)
    verdicts = _verdicts(ctx)
    failed = [verdict for verdict in verdicts if verdict.status == CheckStatus.FAILED]
    if failed:
        raise StageError(
            f"{len(failed)} of {len(verdicts)} checks of the environment failed.",
            " ".join(f"{verdict}." for verdict in failed),
            fixes(failed, ctx.home),
            code="verification",
        )
    _prove(ctx, before, verdicts)


def fingerprint(ctx: StageContext) -> str:
    """A digest of everything that a proof depends on; reads names and times only."""
    assert ctx.environment is not None
    model = chosen(ctx)
    facts = [
        str(ctx.environment.resolve()),
        sorted(
            (info.name, info.stat().st_mtime_ns) for info in ctx.environment.glob("lib/python3*/site-packages/*-info")
        ),
        state(model) if model else None,
        asdict(ctx.recipe.verification),
        first_token.wanted(ctx, model),
        sorted(ctx.recipe.server.environment.items()),
        ctx.lock.key if ctx.lock else None,
        ctx.facts.driver.version if ctx.facts.driver else None,
        [gpu.kind for gpu in used_gpus.of(ctx)],
        [_digest(path) for path in sorted(SCRIPT.parent.rglob("verify*.py"))],
        # A home on a volume outlives the system that its libraries came from.
        _digest(_LOADER_CACHE),
        sorted(path.name for path in ctx.home.system.glob("*")),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def request(ctx: StageContext) -> dict[str, Any]:
    """What the script is to look for."""
    model = chosen(ctx)
    flags = {key.strip("-").replace("_", "-"): value for key, value in ctx.recipe.server.flags.items()}
    stand_in = model is not None and model.stand_in
    return {
        "packages": _packages(ctx.lock) if ctx.lock else None,
        "imports": list(ctx.recipe.verification.imports),
        "libraries": libraries.known(),
        "gpus": [asdict(replace(gpu, free_mib=None, processes=None)) for gpu in used_gpus.of(ctx)],
        "model": str(model.folder) if model and not model.elsewhere else None,
        "first_token": first_token.wanted(ctx, model),
        "compiled": str(compile_cache.folder(ctx) or ""),
        "ranks": _ranks(ctx),
        # A stand-in has a tokenizer of its own, and it is small.
        "vocabulary_at_least": None if stand_in else ctx.recipe.verification.vocabulary_at_least,
        "trust_remote_code": flags.get("trust-remote-code") is True,
        "pools": pooling.pools(ctx.recipe, model),
    }


def _ranks(ctx: StageContext) -> int:
    """Over how many GPUs of one machine the server is spread."""
    spread = launch_reader.gpus(launch_reader.read(Launch(10, arguments=arguments(ctx.recipe, ""))))
    return math.ceil(spread / ctx.recipe.topology.nodes)


def _packages(lock: Lock) -> dict[str, str]:
    """Version by name of what should be installed."""
    return {**{package.name: package.version for package in lock.packages}, **engine_plugins.planned(lock)}


def _verdicts(ctx: StageContext) -> tuple[Verdict, ...]:
    python = _python(ctx)
    if python is None or ctx.run is None:
        raise StageError("There is no environment to verify.", "Stages 2 to 7 make it.", "Run deploy-tui --stage all.")
    ctx.run.work.mkdir(parents=True, exist_ok=True)
    question, answer = ctx.run.work / "verification.json", ctx.run.work / "verification-results.jsonl"
    question.write_text(json.dumps(request(ctx), indent=1))
    answer.unlink(missing_ok=True)
    command = (*_command(python), str(question), str(answer))
    environment = engine_environment.variables(ctx)
    reports = _Reports(ctx, answer)
    done = ctx.execute(
        command, environment=environment, folder=ctx.run.work, timeout_s=_PATIENCE_S, on_line=reports.printed
    )
    found = read(answer.read_text() if answer.exists() else "", done.code, done.output)
    verdicts = [wheel_files.without_intact_files(ctx, verdict) if verdict.doubted else verdict for verdict in found]
    reports.report(verdicts)
    return tuple(verdicts)


@dataclass
class _Reports:
    """Reports each check once, as soon as it has a result; that of files to compare with wheels, at the end."""

    ctx: StageContext
    results: Path
    reported: set[int] = field(default_factory=set)

    def printed(self, line: str) -> None:
        """The script prints after each result."""
        verdicts = finished(self.results.read_text()) if self.results.exists() else ()
        self.report(verdicts, later=lambda verdict: bool(verdict.doubted))

    def report(self, verdicts: Sequence[Verdict], later: Callable[[Verdict], bool] = lambda verdict: False) -> None:
        for number, verdict in enumerate(verdicts):
            if number not in self.reported and not later(verdict):
                self.reported.add(number)
                self.ctx.checked(verdict.check, verdict.status, verdict.said)


def _prove(ctx: StageContext, digest: str, verdicts: Sequence[Verdict]) -> None:
    good = [verdict for verdict in verdicts if verdict.status == CheckStatus.OK]
    seen = [f"{len(good)} checks passed", *(verdict.said for verdict in good if verdict.check in _TOLD)]
    body = {
        "schema": 1,
        "fingerprint": digest,
        "at": time.time(),
        "environment": str(ctx.environment),
        "seen": seen,
        "verdicts": [asdict(verdict) for verdict in verdicts],
    }
    write_atomically(_proof_path(ctx), json.dumps(body, indent=1) + "\n")


def _proof(ctx: StageContext) -> Mapping[str, Any] | None:
    try:
        return read_json(_proof_path(ctx))
    except (OSError, DamagedError):
        return None


def _proof_path(ctx: StageContext) -> Path:
    return ctx.home.root / "verified.json"


def _python(ctx: StageContext) -> Path | None:
    """The environment's own interpreter; `None` if there is none that could be run."""
    python = ctx.environment / "bin" / "python" if ctx.environment else None
    return python if python is not None and python.exists() else None


def _command(python: Path) -> tuple[str, ...]:
    # Isolated: neither the folder it is run in nor a user's own packages may help.
    return (str(python), "-I", str(SCRIPT))
