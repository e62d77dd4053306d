"""Packages that are named by address or path: a wheel, a repository, a folder of source code. Fetches none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from installer.audit.simulation import unreleased_source
from installer.audit.simulation.environments import Course
from installer.audit.simulation.requirement import RequirementKind, Wanted
from installer.audit.simulation.resolver_request import ResolverRequirement
from installer.audit.simulation.stub_wheels import Stub
from installer.core.outcomes import Code
from installer.core.plans.procedure import Install
from installer.core.plans.stack import Placed


def orders(course: Course, step: Install, wanted: list[Wanted]) -> Iterator[ResolverRequirement]:
    """What uv is asked instead: a release that replaces what is there."""
    for one in wanted:
        order = (
            _wheel(course, step, one)
            if one.kind == RequirementKind.WHEEL
            else unreleased_source.order(course, step, one)
        )
        if order:
            yield order


def _wheel(course: Course, step: Install, wanted: Wanted) -> ResolverRequirement | None:
    file = unquote(urlsplit(wanted.address).path.rsplit("/", 1)[-1])
    try:
        name, version = _read(file)
    except ValueError as why:
        _defect(course, step, wanted, file, f"{why}")
        return None
    if problem := _mismatch(course, file):
        _does_not_fit(course, step, wanted, file, problem)
        return None
    facts = course.lookups.wheel(Placed(name, version, step.stage, step.line, wanted.address, wanted.address))
    if facts and facts.defect:
        _defect(course, step, wanted, file, facts.defect)
        return None
    extras = f"[{','.join(wanted.extras)}]" if wanted.extras else ""
    named = Wanted(wanted.text, RequirementKind.WHEEL, name, wanted.extras, f"=={version}", wanted.address)
    stub = Stub(name, version, facts.requires if facts else ())
    return ResolverRequirement(named, f"{name}{extras}=={version}", stub, source=wanted.address)


def _read(file: str) -> tuple[str, str]:
    """Name and version in a wheel's file name. Raises `ValueError` if it is not one."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename
    from packaging.version import InvalidVersion

    try:
        name, version, _, _ = parse_wheel_filename(file)
    except (InvalidWheelFilename, InvalidVersion) as why:
        raise ValueError(str(why)) from None
    return canonicalize_name(name), str(version)


def _mismatch(course: Course, file: str) -> str:
    """Which of its tags does not fit this machine: "python", "platform" or "" where all do."""
    from packaging.utils import parse_wheel_filename

    tags = parse_wheel_filename(file)[3]
    arch = course.facts.os.arch or "x86_64"
    minor = int((course.facts.os.glibc or "2.99").split(".")[1])
    python = [tag for tag in tags if _python_fits(tag.interpreter, tag.abi, course.reader.python)]
    if not python:
        return "python"
    return "" if any(_platform_fits(tag.platform, arch, minor) for tag in python) else "platform"


def _python_fits(interpreter: str, abi: str, python: str) -> bool:
    major, _, minor = python.partition(".")
    if interpreter in (f"py{major}", f"py{major}{minor}", f"cp{major}{minor}"):
        return True
    built = re.fullmatch(r"cp(\d)(\d+)", interpreter)
    return bool(built) and abi == "abi3" and built is not None and int(built[2]) <= int(minor)


def _platform_fits(platform: str, arch: str, glibc: int) -> bool:
    if platform == "any":
        return True
    if not platform.endswith(arch):
        return False
    needs = re.match(r"manylinux_2_(\d+)_", platform)
    return not platform.startswith(("win", "macosx", "musllinux")) and (not needs or int(needs[1]) <= glibc)


def _does_not_fit(course: Course, step: Install, wanted: Wanted, file: str, problem: str) -> None:
    course.fails(step, [wanted.name])
    mine = f"Python {course.reader.python}" if problem == "python" else (
        f"glibc {course.facts.os.glibc or 'unknown'} on {course.facts.os.arch or 'x86_64'}"
    )  # fmt: skip
    course.found(
        step, Code.PYTHON_VERSION if problem == "python" else Code.WHEEL_PLATFORM, wanted.name,
        f"This wheel of {wanted.name} is not built for {mine}, so this step fails.",
        f"The file is {file}; this machine has {mine}.", f"Install the wheel of {wanted.name} built for {mine}.",
        wanted.address,
    )  # fmt: skip


def _defect(course: Course, step: Install, wanted: Wanted, file: str, why: str) -> None:
    course.fails(step, [wanted.name])
    course.found(
        step, Code.WHEEL_DEFECT, wanted.name or file,
        f"{file} is not a wheel that can be installed, so this step fails.",
        f"{why}; a wheel's name is NAME-VERSION-PYTHON-ABI-PLATFORM.whl, and its metadata says the same.",
        f"Use the address that its index lists for {wanted.name or 'the package'}, with the file's name unchanged.",
        wanted.address,
    )  # fmt: skip
