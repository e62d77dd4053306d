"""Whose mistake made a run fail, as far as a mechanism says: ours, that of what was requested, or not known.

Never by the words of a message; what no mechanism says is not said.
"""

from __future__ import annotations

from installer.core.errors import ExitCode
from installer.diagnostics.explain import SURE
from installer.diagnostics.ticket.evidence import Evidence

_ASKED = (ExitCode.USAGE, ExitCode.PREDICTED)


def blamed(evidence: Evidence) -> dict[str, str]:
    """`whose`: "deploy-tui", "input" or "unknown", and a sentence that says by what that is known."""
    end = evidence.view.finished
    if end is not None and end.defect:
        return {"whose": "deploy-tui", "blame": "The cause is an error inside deploy-tui that no check predicted."}
    if end is not None and end.exit_code in _ASKED:
        return {
            "whose": "input",
            "blame": "The request cannot be fulfilled; this is not an error of deploy-tui.",
        }
    if setting := _asked_for(evidence):
        return {"whose": "input", "blame": f"A requested setting made the server fail: {setting}."}
    return {"whose": "unknown", "blame": ""}


def _asked_for(evidence: Evidence) -> str:
    """The setting of the command line that the known cause says to change; empty if there is none."""
    known = next(iter(evidence.explained.candidates), None) if evidence.explained else None
    if known is None or known.confidence < SURE:
        return ""
    mended = {setting.partition("=")[0] for setting in known.repair}
    asked = evidence.request.get("settings")
    told = [str(one) for one in asked] if isinstance(asked, list) else []
    return next((one for one in told if one.partition("=")[0] in mended), "")
