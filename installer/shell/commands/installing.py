"""What `pip install` and `uv pip install` have in common: from a parsed command line to an `Install`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from packaging.utils import canonicalize_name

from installer.core.plans.procedure import Install, Sourcing, Step, Uninstall
from installer.knowledge import packages
from installer.shell.commands import building, git, requirement_files
from installer.shell.commands.call import Call
from installer.shell.commands.options import Parsed, parse
from installer.shell.commands.pip_options import SWITCHES, VALUED
from installer.shell.commands.requirement_files import Listed
from installer.shell.state import UNKNOWN
from installer.shell.trace import PRESUMED

_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def name_of(requirement: str) -> str:
    """The normal name of the package of a requirement; empty if that is unclear."""
    written = requirement.strip()
    if "://" in written and " @ " not in written:  # git+https://…/NAME.git@REVISION#subdirectory=…
        wheel = re.match(r"([A-Za-z0-9_.]+?)-\d[^/]*\.whl", written.split("#")[0].rpartition("/")[2])
        repository = re.search(r"/([\w.-]+?)(?:\.git)?(?:@[^/#]*)?(?:#.*)?$", written)
        egg = re.search(r"#(?:.*&)?egg=([\w.-]+)", written)
        found = egg or wheel or repository
        return canonicalize_name(found[1]) if found else ""
    match = _NAME.match(written)
    return canonicalize_name(match[1]) if match else ""


def installed(steps: Iterable[Step]) -> set[str]:
    """The names of all packages that these steps install."""
    return {name_of(text) for step in steps if isinstance(step, Install) for text in step.requires}


def install(call: Call, parsed: Parsed, base: Install, environment: str, variables: Mapping[str, str]) -> str:
    """Emit the step. `variables` gives the environment variable behind some options."""
    listed = Listed()
    for text, editable in (*((one, True) for one in parsed.all("editable")), *((one, False) for one in parsed.words)):
        listed.requires += _meant(call, text, editable)
    for path in parsed.all("requirement"):
        requirement_files.read(call, path, listed)
    for path in (*parsed.all("constraint"), *_set(call, variables.get("constraint", "")).split()):
        listed.constraints += requirement_files.constraints(call, path)
    _options_of_files(parsed, listed)
    for option in parsed.unknown:
        call.unclear(f"{option} is not a known option")
    requires = tuple(text for text in listed.requires if _is_known(call, text))
    if requires:
        emitted = Install(
            packages.stage_of_all([name_of(text) for text in requires]),
            requires=requires,
            tool=base.tool,
            sourcing=_sourcing(call, parsed, base.sourcing, variables),
            constraints=tuple(listed.constraints),
            overrides=tuple(
                line for path in parsed.all("override") for line in requirement_files.constraints(call, path)
            ),
            no_deps="no-deps" in parsed.switches or _is_on(call, variables.get("no-deps", "")),
            force_reinstall="reinstall" in parsed.switches,
            upgrade="upgrade" in parsed.switches,
            pre="pre" in parsed.switches or _is_on(call, variables.get("pre", "")) or base.pre,
            only_binary=":all:" in parsed.all("only-binary") or "no-build" in parsed.switches,
            building=building.of(call, parsed, base.tool, environment),
            ends=building.ends(call),
        )
        call.emit(emitted, environment)
        _pip_comes(call, requires, environment)
    return PRESUMED


def _meant(call: Call, text: str, editable: bool) -> tuple[str, ...]:
    """A requirement as it was written; for a folder whose pyproject.toml can be read, what that requires."""
    where = git.located(call, text, editable=editable)
    if where.startswith((".", "/", "~")) and not where.endswith((".whl", ".tar.gz", ".zip")):
        folder, bracket, extras = text.partition("[")
        needs = requirement_files.project(call, folder, bracket + extras)
        return (where,) if needs is None else needs
    return (where,)


def uninstall(call: Call, parsed: Parsed, environment: str) -> str:
    names = tuple(name_of(text) for text in parsed.words if _is_known(call, text))
    if names:
        call.emit(Uninstall(packages.stage_of_all(list(names)), names=names), environment)
    return PRESUMED


def _pip_comes(call: Call, requires: tuple[str, ...], environment: str) -> None:
    """`uv pip install pip` makes the environment's own pip."""
    from dataclasses import replace

    venv = call.state.venvs.get(environment)
    if venv and "pip" in [name_of(text) for text in requires]:
        call.state.venvs[environment] = replace(venv, pip=True)


def _options_of_files(parsed: Parsed, listed: Listed) -> None:
    extra = parse(listed.options, SWITCHES, VALUED)
    parsed.switches |= extra.switches
    for name, values in extra.values.items():
        parsed.values.setdefault(name, []).extend(values)


def _is_known(call: Call, text: str) -> bool:
    if UNKNOWN not in text:
        return True
    call.record.unread_installs = True
    call.unclear(f"what is installed depends on something that is not known ({text.replace(UNKNOWN, '…')})")
    return False


def _sourcing(call: Call, parsed: Parsed, base: Sourcing, variables: Mapping[str, str]) -> Sourcing:
    def one(name: str) -> str | None:
        found = parsed.last(name) or _set(call, variables.get(name, "")) or None
        if found and UNKNOWN in found:
            call.unclear(f"the index is not known ({found.replace(UNKNOWN, '…')})")
        return found

    extra = tuple(parsed.all("extra-index-url")) or tuple(_set(call, variables.get("extra-index-url", "")).split())
    links = tuple(parsed.all("find-links")) or tuple(
        _set(call, variables.get("find-links", "")).replace(",", " ").split()
    )
    for url in (*extra, *links):
        if UNKNOWN in url:
            call.unclear(f"an index is not known ({url.replace(UNKNOWN, '…')})")
    strategy = one("index-strategy")
    return Sourcing(
        index_url=one("index-url"),
        extra_index_urls=extra,
        find_links=links,
        no_index="no-index" in parsed.switches,
        strategy=base.strategy if strategy is None else "best-match" if "best-match" in strategy else "first-index",
    )


def _set(call: Call, names: str) -> str:
    """The value of the first of these environment variables that the script sets."""
    return next((call.ran.environment[name] for name in names.split() if call.ran.environment.get(name)), "")


def _is_on(call: Call, name: str) -> bool:
    return _set(call, name).lower() in ("1", "true", "yes", "on", "y", "t", "allow")
