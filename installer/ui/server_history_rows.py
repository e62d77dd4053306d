"""What a server has been through, what it costs and what it was proved to do, as rows. Pure: values in, rows out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from installer.core.contracts.incident import KINDS, Incident
from installer.core.contracts.server_history import KeptIncident, ServerHistory
from installer.core.contracts.serving import ServerState
from installer.core.proofs import FAILED, PROVED, Proven
from installer.core.text.quantities import duration, size
from installer.ui.widgets.sheet import Row, row

_NAMED = 12


def history_rows(past: ServerHistory | None, state: ServerState) -> list[Row]:
    """Beside how it stands now. What nobody said is left out."""
    if past is None:
        return []
    rows = []
    if past.incidents:
        number, last = len(past.incidents), past.incidents[0].incident
        words = f"{number}, last {when(last.at)} (I)"
        rows.append(row("incidents", words, "$text-warning"))
    if past.per_hour is not None:
        spent = f", {past.spent:,.2f} so far" if past.spent is not None else ""
        rows.append(row("price", f"{past.per_hour:g} an hour{spent}"))
    if past.proven is not None:
        rows += _proof_rows(past.proven, state)
    return rows


def _proof_rows(proven: Proven, state: ServerState) -> list[Row]:
    failed = proven.of(FAILED)
    words = f"{len(proven.of(PROVED))} proved"
    if failed:
        words += f"; not held: {', '.join(proof.name for proof in failed)}"
    # A proof is of one start of one process; of another one it says nothing.
    if (proven.pid, proven.started_at) != (state.pid, state.started_at):
        words += "; of an earlier start"
    return [row("proofs", words, "$text-error" if failed else "")]


def incident_rows(kept: KeptIncident) -> list[Row]:
    """All that is known of one."""
    one = kept.incident
    rows = [row("seen", one.reason, "bold")]
    if one.done:
        back = f" It generated again after {duration(one.back_after_s)}." if one.back_after_s is not None else ""
        rows.append(row("done", f"{one.done}{back}"))
    if one.recipe:
        rows.append(row("server", ", ".join(filter(None, (one.server, one.recipe, one.model, one.engine)))))
    rows += [row("process", _process(each)) for each in _mappings(one.evidence.get("processes"))[:_NAMED]]
    rows += _gpu_rows(one.evidence.get("gpus"))
    kernel = one.evidence.get("kernel")
    rows += [row("kernel", str(text)) for text in (kernel if isinstance(kernel, list) else [])[-3:]]
    return [*rows, row("all of it", str(kept.folder))]


def kind_of(one: Incident) -> str:
    return KINDS.get(one.kind, one.kind)


def when(at: float) -> str:
    return time.strftime("%d %b %H:%M", time.localtime(at))


def _gpu_rows(found: Any) -> list[Row]:
    if not isinstance(found, Mapping):
        return []
    if found.get("error"):
        return [row("GPUs", f"could not be asked: {found['error']}")]
    return [
        row("GPU", f"{each.get('name')}: {_mib(each.get('free_mib'))} of {_mib(each.get('memory_mib'))} free")
        for each in _mappings(found.get("gpus"))
    ]


def _process(each: Mapping[str, Any]) -> str:
    waits = f", waits in {each['waits_in']}" if each.get("waits_in") else ""
    memory = _mib(each.get("memory_mib"))
    return f"{each.get('pid')} {each.get('name')}: {each.get('state')}{waits}, {each.get('threads')} threads, {memory}"


def _mib(number: Any) -> str:
    return size(number << 20) if isinstance(number, int) else "unknown memory"


def _mappings(found: Any) -> Sequence[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
