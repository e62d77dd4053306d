"""With what an install command builds a package without a wheel: alone, or in the environment. Builds nothing."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from installer.core.plans.procedure import Building
from installer.shell.commands.call import Call
from installer.shell.commands.options import Parsed
from installer.shell.state import Venv

_VARIABLES = ("PIP_NO_BUILD_ISOLATION", "UV_NO_BUILD_ISOLATION", "UV_NO_BUILD_ISOLATION_PACKAGE")
_SETTINGS = ("build-isolation", "extra-build", "dependency-metadata")
"""What in a project's own settings changes how uv builds."""
_SEEDED = ("pip", "setuptools", "wheel")
"""What a new environment of uv contains up to Python 3.11; venv leaves wheel out; from 3.12 on it is pip alone."""


def of(call: Call, parsed: Parsed, tool: str, environment: str) -> Building | None:
    """`None` if settings elsewhere decide, or if the content of the environment matters and is unknown."""
    project = (call.read("pyproject.toml") or "") if tool == "uv" else ""
    if any(call.ran.environment.get(name) for name in _VARIABLES) or any(one in project for one in _SETTINGS):
        return None
    venv = call.state.venvs.get(environment)
    known = venv is not None and venv.tool in ("uv", "venv") and not venv.inherits
    isolated = "no-build-isolation" not in parsed.switches
    here = tuple(canonicalize_name(name) for name in parsed.all("no-build-isolation-package"))
    if not known and (tool == "pip" or not isolated or here):
        return None
    return Building(isolated, here, _there(call, venv) if known and venv else ())


def ends(call: Call) -> bool:
    """Whether the script ends where this command fails, or what it is there for does not run."""
    context = call.ran.context
    if context.asked:
        return not call.ran.tolerated
    return context.fatal or context.guards or ("errexit" in call.ran.options and not context.hidden)


def _there(call: Call, venv: Venv) -> tuple[str, ...]:
    own = venv.python or next(iter(call.record.facts.python or ()), "3.12")
    if not venv.pip:
        return ()
    old = int(own.split(".")[1]) < 12
    return _SEEDED if old and venv.tool == "uv" else _SEEDED[:2] if old else _SEEDED[:1]
