"""Asking a home's server for everything that its launch promises, and keeping what came of it. Used by stage 10 and by
`server prove`. Only asks, and runs a script next to the server; it must never stop it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from installer.core.contracts.host import Host
from installer.core.contracts.serving import LaunchSpec, ServerState
from installer.core.proofs import Proof, Proven, Reference
from installer.core.runs.home import Home
from installer.core.secrets.inherited import inherited
from installer.proofs import references, saved
from installer.proofs.promises import promised
from installer.proofs.run import prove
from installer.proofs.server_client import Server
from stages import models
from stages.pooling import architectures

_SCRIPT = Path(__file__).parent / "scripts" / "top_tokens.py"
_SCRIPT_S = 300.0
SMALL_BYTES = 2 << 30
"""Weights that are loaded once more, on the CPU, to know what the model should say."""
_COUNT = 8
_UNKNOWN_MODEL = "There is no fingerprint of this model"


def prove_all(
    host: Host,
    home: Home,
    state: ServerState,
    spec: LaunchSpec,
    *,
    tell: Callable[[str], None] = lambda name: None,
    report: Callable[[Proof], None] = lambda proof: None,
    patience_s: float = float("inf"),
    memory_mib: int | None = None,
) -> Proven:
    """Everything, kept in the home. With `memory_mib` a small model without a fingerprint is calculated here."""
    server = Server(host, spec)
    promises = promised(spec, architectures(Path(spec.model)), server.listed_context())
    known = partial(_reference, host, spec, memory_mib)
    proofs = []
    for proof in prove(server, promises, known, tell=tell, patience_s=patience_s):
        report(proof)
        proofs.append(proof)
    proven = Proven(time.time(), state.pid, state.started_at, spec.served_as, spec.recipe, tuple(proofs))
    saved.keep(home, proven)
    return proven


def _reference(host: Host, spec: LaunchSpec, memory_mib: int | None) -> tuple[Reference | None, str]:
    """What the model should say, and why that is not known."""
    source = str((models.manifest(Path(spec.model)) or {}).get("source", ""))
    if source and (found := references.fingerprint(source)):
        return found, ""
    if memory_mib is None:
        return None, f"{_UNKNOWN_MODEL}; deploy-tui server prove calculates it for small models."
    weights = _weight_bytes(Path(spec.model))
    if not weights or weights > SMALL_BYTES or 8 * weights > memory_mib << 20:
        return None, f"{_UNKNOWN_MODEL}, and it is too large to be calculated on the CPU."
    return _worked_out(host, spec)


def _weight_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for pattern in ("*.safetensors", "*.bin") for file in folder.glob(pattern))


def _worked_out(host: Host, spec: LaunchSpec) -> tuple[Reference | None, str]:
    python = spec.python or spec.command[:1]
    folder = spec.model_seen or spec.model
    words = ("--folder", folder, "--prompts", json.dumps(references.PROMPTS), "--count", str(_COUNT))
    environment = {**inherited(host.environment(), "engine"), **spec.environment}
    done = host.run(
        (*python, "-c", _SCRIPT.read_text(encoding="utf-8"), *words), environment=environment, timeout_s=_SCRIPT_S
    )
    lines = [line for line in done.output.splitlines() if line.startswith('{"made_with"')]
    if done.code != 0 or not lines:
        last = next(iter(done.output.strip().splitlines()[-1:]), "")[:200]
        return None, f"{_UNKNOWN_MODEL}, and Transformers cannot say what it should say: {last}"
    body = json.loads(lines[-1])
    return references.reference(body["made_with"], body["prompts"]), ""
