"""What a ticket says, as one document: what happened, why, the stages, machine, plan, packages. Pure; not redacted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from packaging.utils import canonicalize_name

from installer.core.errors import ExitCode
from installer.core.outcomes import RunState
from installer.core.runs.fold import RunView, StageView
from installer.core.runs.summary import changes
from installer.diagnostics.ticket.evidence import Evidence
from installer.diagnostics.ticket.responsibility import blamed

_KINDS: Mapping[int, str] = {
    ExitCode.USAGE: "The command line or an input file is not valid.",
    ExitCode.PREDICTED: "The plan predicted the failure: nothing was downloaded or changed.",
    ExitCode.FAILED: "A stage failed and was rolled back.",
    ExitCode.INCOMPLETE: "A stage failed, and the rollback is incomplete.",
    ExitCode.INTERRUPTED: "It was cancelled.",
}


def summarised(evidence: Evidence, machine: Mapping[str, Any]) -> dict[str, Any]:
    """The document `ticket.json`. `machine`: as measured now, for a run that left no plan."""
    plan, explained = evidence.plan, evidence.explained
    return {
        "schema": 1,
        "run": {**_run(evidence.run, evidence.view), **blamed(evidence)},
        "explanation": {
            "log": evidence.explained_log,
            "root": asdict(explained.root) if explained and explained.root else None,
            "candidates": [asdict(candidate) for candidate in explained.candidates] if explained else [],
        },
        "stages": [_stage(stage) for stage in evidence.view.stages],
        "notices": [notice.text for notice in evidence.view.notices],
        "request": evidence.request,
        "machine": plan.get("facts") or dict(machine),
        "machine_measured": "for the plan of the run" if plan.get("facts") else "when the ticket was made",
        "plan": {name: plan.get(name) for name in ("verdict", "because", "model", "findings", "memory", "repair")},
        "server": evidence.server,
        "generations": [
            {
                "number": one.number, "recipe": one.recipe, "whole": one.whole, "in_use": one.current,
                "created": _time(one.created), "packages": len(one.packages),
            }
            for one in evidence.generations
        ],
        "packages": _packages(evidence),
    }  # fmt: skip


def _run(run_id: str, view: RunView) -> dict[str, Any]:
    end = view.finished
    return {
        "id": run_id, "recipe": view.recipe, "title": view.title, "profile": view.profile, "because": view.because,
        "state": view.state, "stage": view.stage, "began": _time(view.started_at),
        "seconds": round(end.seconds if end else max(0.0, view.at - view.started_at), 1),
        "exit_status": end.exit_code if end else None,
        "kind": _KINDS.get(end.exit_code, "") if end else "",
        "what": end.what if end else "The program that ran it was killed." if view.state == RunState.KILLED else "",
        "why": end.why if end else "", "fix": end.fix if end else "",
    }  # fmt: skip


def _stage(stage: StageView) -> dict[str, Any]:
    return {
        "number": stage.number, "name": stage.name, "title": stage.title, "state": stage.state,
        "began": _time(stage.started_at), "seconds": round(stage.seconds, 1), "reason": stage.reason,
        "left": list(stage.left or ()),
    }  # fmt: skip


def _packages(evidence: Evidence) -> dict[str, Any]:
    """What was planned against what is in the generation in use; `null` where there is nothing to compare."""
    planned: dict[str, str] = {
        canonicalize_name(str(one["name"])): str(one["version"]) for one in evidence.plan.get("packages") or ()
    }
    used = next((one for one in evidence.generations if one.current), None)
    if used is None:
        return {"generation": None, "planned": planned, "differences": None}
    differing = [
        {"name": name, "planned": before, "installed": after or None}
        for name, before, after in changes(planned, used.packages)
        if before
    ]
    return {"generation": used.number, "planned": planned, "differences": differing}


def _time(at: float | None) -> str | None:
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="seconds") if at else None
