"""Programs that the script calls and the machine does not have; images that cannot exist. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install, Launch, SystemInstall
from installer.knowledge import images
from installer.knowledge.tables import table
from installer.shell.commands.installing import name_of
from installer.shell.findings.script_facts import FollowedScript
from installer.shell.trace import Ran, shown

_LOCAL = re.compile(r"localhost|127\.0\.0\.1|0\.0\.0\.0")
_NEEDS_GIT = re.compile(r"(^|@ )git\+")


def findings(followed: FollowedScript) -> Iterator[Finding]:
    reported: set[str] = set()
    brought = _installed(followed)
    for position, ran in enumerate(followed.ran):
        name = ran.name
        if name not in _called() or name in reported or not _lacks(name, followed) or not _is_counted(ran):
            continue
        if brought.get(name, position + 1) > position and not (ran.active and _called()[name].get("python")):
            reported.add(name)
            yield _missing(name, ran, followed)
    yield from _git_for_pip(followed, reported, brought)
    yield from _impossible(followed)


@cache
def _called() -> Mapping[str, Mapping[str, Any]]:
    """The programs that small images do not have, by name."""
    return {row["program"]: row for row in table("programs")["called"]}


def _is_counted(ran: Ran) -> bool:
    caught = ran.context.tolerated and not ran.context.hidden
    return not (ran.condition or ran.context.asked or caught) and "/" not in ran.words[0]


def _installed(followed: FollowedScript) -> dict[str, int]:
    """For each program that the script provides, the first command (its position) after which it is there."""
    found = dict.fromkeys(followed.state.functions, -1)
    for position, ran in enumerate(followed.ran):
        for address in table("programs")["addresses"]:
            for name in address.get("programs", ()) if address["address"] in ran.text else ():
                found.setdefault(name, position)
        for name in _installed_by(followed, ran.after, position):
            found.setdefault(name, position)
    return found


def _installed_by(followed: FollowedScript, after: int, position: int) -> Iterator[str]:
    """Programs in the packages of the steps between one command and the next."""
    until = followed.ran[position + 1].after if position + 1 < len(followed.ran) else len(followed.record.steps)
    for step in followed.record.steps[after:until]:
        if isinstance(step, SystemInstall):
            for package in step.packages:
                yield from (package, *_programs_of(package))
        elif isinstance(step, Install):
            yield from (name_of(requirement) for requirement in step.requires)


def _programs_of(package: str) -> Iterator[str]:
    rows: Sequence[Mapping[str, Any]] = table("programs")["packages"]
    return (name for row in rows if re.fullmatch(row["package"], package) for name in row["programs"])


def _lacks(name: str, followed: FollowedScript) -> bool:
    """Whether the machine, or else its image, is known not to have a program."""
    facts = followed.facts
    if name in facts.tools:
        return facts.tools[name] is None
    if _called().get(name, {}).get("python"):
        return facts.python == () or (facts.python is None and _image_lacks(name, followed))
    return _image_lacks(name, followed)


def _image_lacks(name: str, followed: FollowedScript) -> bool:
    reference = followed.facts.container.image if followed.facts.container else None
    image = images.by_reference(reference) if reference else None
    return bool(image) and name in image.lacks  # type: ignore[union-attr]


def _missing(name: str, ran: Ran, followed: FollowedScript) -> Finding:
    health = _called()[name].get("fetches") and bool(_LOCAL.search(" ".join(ran.words)))
    severity = Severity.WARNING if health else Severity.BLOCKER
    return Finding(
        code=Code.IMAGE_CONTENT,
        severity=severity,
        stage=2,
        subject=name,
        summary=f"{name} is missing on this machine when line {ran.line} calls it.",
        evidence=f"`{shown(ran.text, 70)}`; {_evidence(name, followed)}, and no earlier line installs it.",
        fix=_fix(name, followed),
        source=_source(followed),
        line=ran.line,
    )


def _evidence(name: str, followed: FollowedScript) -> str:
    if name in followed.facts.tools:
        return f"the machine's facts say that {name} is not there"
    image = followed.facts.container.image if followed.facts.container else ""
    return f"the image {image} does not contain {name}"


def _source(followed: FollowedScript) -> str:
    reference = followed.facts.container.image if followed.facts.container else None
    image = images.by_reference(reference) if reference else None
    return image.source if image else "the machine's facts"


def _fix(name: str, followed: FollowedScript) -> str:
    row = _called()[name]
    if "fix" in row:
        return str(row["fix"])
    package = row.get("package", name)
    outside = (
        "" if any(ran.name in ("apt-get", "apt") for ran in followed.ran) else " before the script is fetched or run"
    )
    return f"Install it{outside}: apt-get update && apt-get install -y {package}."


def _git_for_pip(followed: FollowedScript, reported: set[str], brought: dict[str, int]) -> Iterator[Finding]:
    if "git" in reported or "git" in brought or not _lacks("git", followed):
        return
    for step in followed.record.steps:
        if not isinstance(step, Install) or step.condition:
            continue
        wanted = [text for text in step.requires if _NEEDS_GIT.search(text)]
        if wanted:
            yield Finding(
                code=Code.IMAGE_CONTENT,
                severity=Severity.BLOCKER,
                stage=step.stage,
                subject="git",
                summary=f"git is not on this machine, and line {step.line} installs from a repository.",
                evidence=f"`{shown(wanted[0], 70)}`; {_evidence('git', followed)}, and no earlier line installs it.",
                fix=_fix("git", followed),
                source=_source(followed),
                line=step.line,
            )
            return


def _impossible(followed: FollowedScript) -> Iterator[Finding]:
    """Images whose tag fits no tag that their repository has, such as one that was cut off."""
    named = [
        (step.image, step.line, Severity.BLOCKER)
        for step in followed.record.steps
        if isinstance(step, Launch) and step.image
    ]
    for ran in followed.ran:
        if ran.name in ("docker", "podman") and ran.words[1:2] == ("pull",):
            named += [(word, ran.line, Severity.BLOCKER) for word in ran.words[2:] if ":" in word]
    for number, line in enumerate(followed.text.splitlines(), 1):
        named += [(word, number, Severity.WARNING) for word in re.findall(r"\b[a-z0-9.-]+/[a-z0-9._-]+:[\w.-]+", line)]
    reported: set[str] = set()
    for reference, at, severity in named:
        image = images.by_reference(reference)
        if image and image.possible is False and reference not in reported:
            reported.add(reference)
            yield Finding(
                code=Code.IMAGE_CONTENT,
                severity=severity,
                stage=2,
                subject=reference,
                summary=f"There is no image {reference}.",
                evidence=f"No tag of {image.repository} looks like {image.tag}; it may have been cut off.",
                fix=f"Check the tag in the registry of {image.repository}.",
                source=image.source,
                line=at,
            )
