"""What a server has been through, what it costs and what it was proved to do, as rows. Pure: values in, rows out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from installer.core.contracts.incident import KINDS, Incident
from installer.core.contracts.server_history import KeptIncident, ServerHistory
from installer.core.contracts.serving import ServerState
from installer.core.proofs import ProofStatus, Proven
from installer.core.text.languages import _, translated
from installer.core.text.quantities import duration, size
from installer.ui.widgets.sheet import Row, row

_NAMED = 12


def history_rows(past: ServerHistory | None, state: ServerState) -> list[Row]:
    """Next to its current state. What is unknown is left out."""
    if past is None:
        return []
    rows = []
    if past.incidents:
        number, last = len(past.incidents), past.incidents[0].incident
        words = _("{number}, last {at} (I)").format(number=number, at=when(last.at))
        rows.append(row(_("incidents"), words, "$text-warning"))
    if past.per_hour is not None:
        spent = _(", {spent:,.2f} so far").format(spent=past.spent) if past.spent is not None else ""
        rows.append(row(_("price"), _("{per_hour:g} an hour{spent}").format(per_hour=past.per_hour, spent=spent)))
    if past.proven is not None:
        rows += _proof_rows(past.proven, state)
    return rows


def _proof_rows(proven: Proven, state: ServerState) -> list[Row]:
    failed = proven.of(ProofStatus.FAILED)
    words = _("{proved} proved").format(proved=len(proven.of(ProofStatus.PROVED)))
    if failed:
        words += _("; failed: {failed}").format(failed=", ".join(proof.name for proof in failed))
    if unknown := proven.of(ProofStatus.UNKNOWN):
        words += _("; unknown: {unknown}").format(unknown=", ".join(proof.name for proof in unknown))
    # A proof is of one start of one process; of another one it says nothing.
    if (proven.pid, proven.started_at) != (state.pid, state.started_at):
        words += _("; of an earlier start")
    return [row(_("proofs"), words, "$text-error" if failed else "")]


def incident_rows(kept: KeptIncident) -> list[Row]:
    """All that is known of one."""
    one = kept.incident
    rows = [row(_("seen"), translated(one.reason), "bold")]
    if one.done:
        back = (
            _(" It generated again after {back_after_s}.").format(back_after_s=duration(one.back_after_s))
            if one.back_after_s is not None
            else ""
        )
        rows.append(row(_("done"), f"{one.done}{back}"))
    if one.recipe:
        rows.append(row(_("server"), ", ".join(filter(None, (one.server, one.recipe, one.model, one.engine)))))
    rows += [row(_("process"), _process(each)) for each in _mappings(one.evidence.get("processes"))[:_NAMED]]
    rows += _gpu_rows(one.evidence.get("gpus"))
    kernel = one.evidence.get("kernel")
    rows += [row(_("kernel"), str(text)) for text in (kernel if isinstance(kernel, list) else [])[-3:]]
    return [*rows, row(_("all of it"), str(kept.folder))]


def kind_of(one: Incident) -> str:
    return KINDS.get(one.kind, one.kind)


def when(at: float) -> str:
    return time.strftime("%d %b %H:%M", time.localtime(at))


def _gpu_rows(found: Any) -> list[Row]:
    if not isinstance(found, Mapping):
        return []
    if found.get("error"):
        return [row(_("GPUs"), _("could not be asked: {found}").format(found=found["error"]))]
    return [
        row(
            "GPU",
            _("{name}: {free} of {memory} free").format(
                name=each.get("name"), free=_mib(each.get("free_mib")), memory=_mib(each.get("memory_mib"))
            ),
        )
        for each in _mappings(found.get("gpus"))
    ]


def _process(each: Mapping[str, Any]) -> str:
    waits = _(", waits in {call}").format(call=each["waits_in"]) if each.get("waits_in") else ""
    memory = _mib(each.get("memory_mib"))
    return _("{pid} {name}: {state}{waits}, {threads} threads, {memory}").format(
        pid=each.get("pid"),
        name=each.get("name"),
        state=each.get("state"),
        waits=waits,
        threads=each.get("threads"),
        memory=memory,
    )


def _mib(number: Any) -> str:
    return size(number << 20) if isinstance(number, int) else _("unknown memory")


def _mappings(found: Any) -> Sequence[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
