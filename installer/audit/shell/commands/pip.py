"""`pip`, with the options that change what gets installed. Runs nothing."""

from __future__ import annotations

from installer.audit.shell.commands import environments, installing
from installer.audit.shell.commands.call import Call
from installer.audit.shell.commands.options import parse
from installer.audit.shell.trace import ASKED, PRESUMED
from installer.core.plans.procedure import Install, Sourcing

SWITCHES = {
    "-U": "upgrade", "--upgrade": "upgrade", "--pre": "pre", "--no-deps": "no-deps", "--no-dependencies": "no-deps",
    "--force-reinstall": "reinstall", "-I": "reinstall", "--ignore-installed": "reinstall", "--no-index": "no-index",
    "--user": "user", "--break-system-packages": "system", "--require-virtualenv": "venv",
    **dict.fromkeys(("-q", "--quiet", "-v", "--verbose", "-y", "--yes", "--no-cache-dir", "--no-cache",
        "--no-input", "--no-color", "--disable-pip-version-check", "--no-build-isolation", "--use-pep517",
        "--no-use-pep517", "--prefer-binary", "--no-warn-script-location", "--no-warn-conflicts",
        "--require-hashes", "--no-clean", "--dry-run", "--compile", "--no-compile", "--ignore-requires-python",
        "--isolated", "--debug", "--check-build-dependencies", "--no-python-version-warning"), "-"),
}  # fmt: skip
VALUED = {
    "-i": "index-url", "--index-url": "index-url", "--pypi-url": "index-url", "--extra-index-url": "extra-index-url",
    "-f": "find-links", "--find-links": "find-links", "-r": "requirement", "--requirement": "requirement",
    "-c": "constraint", "--constraint": "constraint", "-e": "editable", "--editable": "editable",
    "-t": "target", "--target": "target", "--prefix": "target", "--root": "target", "--python": "python",
    "--only-binary": "only-binary", "--no-binary": "no-binary", "--upgrade-strategy": "upgrade-strategy",
    **dict.fromkeys(("--timeout", "--default-timeout", "--retries", "--trusted-host", "--cache-dir",
        "--progress-bar", "--log", "--proxy", "--cert", "--client-cert", "--platform", "--python-version",
        "--implementation", "--abi", "--config-settings", "-C", "--global-option", "--root-user-action",
        "--report", "--src", "-d", "--dest", "--exists-action", "--use-feature", "--use-deprecated",
        "--keyring-provider", "--resume-retries"), "-"),
}  # fmt: skip
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
