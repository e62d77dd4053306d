"""`pip`, with the options that change what gets installed. Runs nothing."""

from __future__ import annotations

from installer.core.plans.procedure import Install, Sourcing
from installer.shell.commands import environments, installing
from installer.shell.commands.call import Call
from installer.shell.commands.options import parse
from installer.shell.commands.pip_options import SWITCHES, VALUED
from installer.shell.trace import ASKED, PRESUMED

_VARIABLES = {
    "index-url": "PIP_INDEX_URL", "extra-index-url": "PIP_EXTRA_INDEX_URL", "find-links": "PIP_FIND_LINKS",
    "constraint": "PIP_CONSTRAINT", "no-deps": "PIP_NO_DEPS", "pre": "PIP_PRE",
}  # fmt: skip


def run(call: Call) -> str:
    """`pip …`, `venv/bin/pip …`."""
    return with_environment(call, _environment(call))


def _environment(call: Call) -> str:
    """pip that is found by its name alone is the image's, where the active environment has none (uv's have not)."""
    found = environments.of_program(call.ran.words[0], call.state)
    venv = call.state.venvs.get(found)
    return found if "/" in call.ran.words[0] or venv is None or venv.pip else "system"


def with_environment(call: Call, environment: str) -> str:
    parsed = parse(call.words, SWITCHES, VALUED)
    verb = parsed.words.pop(0) if parsed.words else ""
    if python := parsed.last("python"):
        environment = environments.of_program(python, call.state)
    match verb:
        case "install":
            if parsed.last("target"):
                call.unclear("what is installed into a folder of its own is not followed")
                return PRESUMED
            base = Install(6, tool="pip", sourcing=Sourcing(strategy="best-match"))
            return installing.install(call, parsed, base, environment, _VARIABLES)
        case "uninstall":
            return installing.uninstall(call, parsed, environment)
        case "show" | "check":
            return ASKED
    return PRESUMED
