"""`pip`, with the options that change what gets installed. Runs nothing."""

from __future__ import annotations

import configparser
from contextlib import suppress
from dataclasses import replace

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
_FILES = (
    "/etc/pip.conf",
    "~/.config/pip/pip.conf",
    "~/.pip/pip.conf",
    "/root/.config/pip/pip.conf",
    "/root/.pip/pip.conf",
)
_OWN_FILE = "~/.config/pip/pip.conf"


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
    call = replace(call, ran=replace(call.ran, environment={**_configuration(call), **call.ran.environment}))
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
        case "config" if parsed.words[:1] == ["set"] and len(parsed.words) == 3:
            _configured(call, *parsed.words[1:])
        case "config" if parsed.words[:1] == ["unset"] and len(parsed.words) == 2:
            _configured(call, parsed.words[1], "")
    return PRESUMED


def _configuration(call: Call) -> dict[str, str]:
    """What the script wrote into pip's own files, by the variables that outweigh it."""
    reader = configparser.ConfigParser(interpolation=None, strict=False)
    for path in _FILES:
        with suppress(configparser.Error):
            reader.read_string(call.state.files.get(path, ""))
    pairs = (pair for section in reader.sections() for pair in reader.items(section))
    return {_variable(key): " ".join(value.split()) for key, value in pairs}


def _configured(call: Call, key: str, value: str) -> None:
    """`pip config set global.index-url URL` goes into pip's file: the last one applies, and a variable overrides it."""
    section, _, name = key.rpartition(".")
    text = f"[{section or 'global'}]\n{name} = {' '.join(value.split())}\n"
    call.state.budget.made(len(text))
    call.state.files[_OWN_FILE] = call.state.files.get(_OWN_FILE, "") + text


def _variable(key: str) -> str:
    """The environment variable that says the same, and outweighs it."""
    return f"PIP_{key.rpartition('.')[2].replace('-', '_').upper()}"
