"""A launch whose release is not known: what no release would take, and that the rest is open. Checks no release."""

from __future__ import annotations

from collections.abc import Iterator

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.knowledge.engines import launch_reader, shipped

_STAGE = 10
_SOURCE = "installer/knowledge/engines"


def findings(launch: Launch, reported: bool = False) -> Iterator[Finding]:
    """What can be said without knowing the release. A flag that no release had is refused by every one of them.

    `reported`: that the release is not known is in the findings already.
    """
    if not reported:
        yield _open(launch)
    history = shipped.flag_history(launch.engine)
    if not history:
        return
    for use in launch_reader.read(launch).uses:
        name = use.word.partition(".")[0]
        plain = name.replace("_", "-")
        if name.startswith("--") and len(name) > 2 and not any(known.startswith((name, plain)) for known in history):
            yield _unavailable_everywhere(launch, name)


def _open(launch: Launch) -> Finding:
    return Finding(
        code=Code.NO_SERVER, severity=Severity.PROBE, stage=_STAGE, subject=launch.engine,
        summary=f"Which release of {launch.engine} starts here is not known, so its packages and its flags are not "
        f"checked.",
        evidence="No line that was followed installs it, and the machine's facts do not list it.",
        fix=f"Install a pinned release ({launch.engine}==…) in the script, or list the installed release in the "
        f"machine file.",
        source=_SOURCE, line=launch.line,
    )  # fmt: skip


def _unavailable_everywhere(launch: Launch, name: str) -> Finding:
    others = shipped.others_with(name, launch.engine)
    theirs = f": it is a flag of {' and '.join(others)}" if others else ""
    return Finding(
        code=Code.FLAG_UNKNOWN, severity=Severity.PROBE if launch.image else Severity.BLOCKER, stage=_STAGE,
        subject=name,
        summary=f"No release of {launch.engine} knows {name}, so the server exits immediately with a usage error.",
        evidence=f"None of the releases that are known has it{theirs}.",
        fix=f"Leave {name} out, or use the name that {launch.engine} has for it.",
        source=_SOURCE, line=launch.line,
    )  # fmt: skip
