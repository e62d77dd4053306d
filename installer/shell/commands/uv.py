"""`uv`: `uv pip`, `uv venv`, `uv run`; its projects and its tools have modules of their own. Runs nothing."""

from __future__ import annotations

import re

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Install, Sourcing
from installer.core.text.numbers import is_whole
from installer.shell.commands import environments, installing, projects, tools
from installer.shell.commands.call import Call
from installer.shell.commands.options import Parsed, parse
from installer.shell.state import SYSTEM
from installer.shell.trace import ASKED, PRESUMED, shown

_SWITCHES = {
    "-U": "upgrade", "--upgrade": "upgrade", "--no-deps": "no-deps", "--reinstall": "reinstall",
    "--force-reinstall": "reinstall", "--pre": "pre", "--system": "system", "--no-index": "no-index",
    "--seed": "seed", "--clear": "clear", "-c": "clear", "--allow-existing": "allow-existing",
    "--no-build": "no-build", "--no-build-isolation": "no-build-isolation", "--only-managed": "-", "--exact": "-",
    **dict.fromkeys(("-q", "--quiet", "-v", "--verbose", "-n", "--no-cache", "--no-cache-dir",
        "--strict", "--break-system-packages", "--no-break-system-packages",
        "--no-progress", "--offline", "--native-tls", "--no-config", "--compile-bytecode", "--compile",
        "--no-python-downloads", "--managed-python", "--no-managed-python", "--system-site-packages",
        "--relocatable", "--no-project", "-y", "--refresh", "--require-hashes", "--no-verify-hashes", "--dry-run",
        "--no-sources", "--no-binary", "--allow-python-downloads", "--no-color", "--yes", "--system-certs"), "-"),
}  # fmt: skip
_VALUED = {
    "--index-url": "index-url", "-i": "index-url", "--default-index": "index-url",
    "--extra-index-url": "extra-index-url", "--index": "extra-index-url", "-f": "find-links",
    "--find-links": "find-links", "-r": "requirement", "--requirement": "requirement", "--requirements": "requirement",
    "--constraint": "constraint", "--constraints": "constraint", "--override": "override", "--overrides": "override",
    "-e": "editable", "--editable": "editable", "-p": "python", "--python": "python", "-t": "target",
    "--target": "target", "--prefix": "target", "--index-strategy": "index-strategy", "--prerelease": "prerelease",
    "--only-binary": "only-binary", "--torch-backend": "torch-backend", "--reinstall-package": "reinstall-package",
    "-P": "upgrade-package", "--upgrade-package": "upgrade-package", "--prompt": "-",
    "--no-build-isolation-package": "no-build-isolation-package",
    **dict.fromkeys(("--cache-dir", "--link-mode", "--keyring-provider", "--exclude-newer", "--resolution",
        "--python-version", "--python-platform", "--config-setting", "--config-settings", "-C",
        "--refresh-package", "--color", "--directory", "--project",
        "--config-file", "--allow-insecure-host", "--trusted-host", "--no-binary", "--no-build-package",
        "--python-preference", "--group", "--extra", "--default-timeout", "--timeout", "--http-timeout",
        "--concurrent-downloads", "--build-constraint", "-b"), "-"),
}  # fmt: skip
_PIP_VALUED = {**_VALUED, "-c": "constraint"}
_PIP_SWITCHES = {name: known for name, known in _SWITCHES.items() if name != "-c"}
_BARE = re.compile(r"^(docker\.io/)?(library/)?(nvidia/cuda|ubuntu|debian)[:@]")
"""Images with no environment that is active from the start."""
_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX UV_INDEX_URL", "extra-index-url": "UV_INDEX UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS", "constraint": "UV_CONSTRAINT", "index-strategy": "UV_INDEX_STRATEGY",
}  # fmt: skip


def run(call: Call) -> str:
    words = list(call.words)
    while words and words[0].startswith("-") and words[0] in _SWITCHES:
        words.pop(0)
    match words[:1]:
        case ["pip"]:
            return _pip(call, words[1:])
        case ["venv"]:
            return _venv(call, words[1:])
        case ["run"]:
            return _run(call, words[1:])
        case ["tool"]:
            return tools.uv_tool(call.with_words(("tool", *words[1:])))
        case ["x"]:
            return tools.tool(call.with_words(("uvx", *words[1:])))
        case ["cache" | "self" | "version" | "help" | "--version"]:
            return PRESUMED
        case ["init" | "add" | "sync" | "lock"] | ["python"]:
            return projects.run(call.with_words(("uv", *words)))
    return PRESUMED


def _venv(call: Call, words: list[str]) -> str:
    parsed = parse(words, _SWITCHES, _VALUED)
    python = parsed.last("python") or call.ran.environment.get("UV_PYTHON")
    path = parsed.words[0] if parsed.words else ".venv"
    seeded = "seed" in parsed.switches or call.ran.environment.get("UV_VENV_SEED", "") not in ("", "0", "false")
    environments.make(call, path, "uv", environments.version_in(python) if python else None, pip=seeded)
    return PRESUMED


def _pip(call: Call, words: list[str]) -> str:
    parsed = parse(words, _PIP_SWITCHES, _PIP_VALUED)
    verb = parsed.words.pop(0) if parsed.words else ""
    environment = target(call, parsed)
    if not environment and verb in ("install", "sync", "uninstall"):
        _without_environment(call)
    match verb:
        case "install" | "sync":
            if parsed.last("target"):
                call.unclear("what is installed into a folder of its own is not followed")
                return PRESUMED
            _torch_backend(call, parsed)
            if verb == "sync":
                parsed.values.setdefault("requirement", []).extend(parsed.words)
                parsed.words.clear()
            pre = parsed.last("prerelease") or call.ran.environment.get("UV_PRERELEASE", "")
            base = Install(6, tool="uv", sourcing=Sourcing(strategy="first-index"), pre=pre == "allow")
            return installing.install(call, parsed, base, environment or SYSTEM, _VARIABLES)
        case "uninstall":
            return installing.uninstall(call, parsed, environment or SYSTEM)
        case "show" | "check":
            return ASKED
    return PRESUMED


def _torch_backend(call: Call, parsed: Parsed) -> None:
    """`--torch-backend=cu126` takes torch from PyTorch's index; `auto` asks the machine for the driver."""
    backend = parsed.last("torch-backend") or call.ran.environment.get("UV_TORCH_BACKEND", "")
    driver = call.record.facts.driver.version if call.record.facts.driver else None
    names = [backend] if re.fullmatch(r"cu\d+|cpu", backend) else _for_driver(driver) if backend == "auto" else []
    urls = [f"https://download.pytorch.org/whl/{name}" for name in names]
    parsed.values.setdefault("extra-index-url", []).extend(urls)


def _for_driver(driver: str | None) -> list[str]:
    """The indexes that uv uses for a driver, in its order (seen with uv 0.13.8 and `UV_CUDA_DRIVER_VERSION`).

    Where the driver is not known, none: then torch comes from the default index, as it does without the option.
    """
    major = (driver or "").partition(".")[0]
    if not is_whole(major):
        return []
    modern = ["cu129", "cu128", "cu126", "cu124", "cu121"]
    return ["cu132", "cu130", *modern] if int(major) >= 580 else modern if int(major) >= 525 else ["cu118"]


def _without_environment(call: Call) -> None:
    """uv refuses to install without an environment. In an image that is known to be bare, there is none for sure;

    elsewhere one may be active where the script is started, which cannot be known here.
    """
    reference = call.record.facts.container.image if call.record.facts.container else None
    bare = bool(reference) and bool(_BARE.match(reference or ""))
    severity = Severity.WARNING if call.ran.context.thrown_away else Severity.BLOCKER if bare else Severity.PROBE
    call.record.found(
        Finding(
            code=Code.SHELL_DEFECT,
            severity=severity,
            stage=2,
            subject="uv",
            summary=f"uv has no environment to install into at line {call.ran.line}: none is made, activated or "
            f"named before.",
            evidence=f"`{shown(call.ran.text, 70)}` names no environment, and uv does not take the image's Python "
            f"by itself.",
            fix="Create and activate one first (uv venv, then source …/bin/activate), or add --system.",
            source="https://docs.astral.sh/uv/pip/environments/",
            line=call.ran.line,
        )
    )


def target(call: Call, parsed: Parsed) -> str:
    """The environment that `uv pip` works on; empty if it would find none and fail."""
    if "system" in parsed.switches or call.ran.environment.get("UV_SYSTEM_PYTHON", "") in ("1", "true"):
        return SYSTEM
    if python := parsed.last("python") or call.ran.environment.get("UV_PYTHON"):
        if "/" not in python:
            return SYSTEM if environments.version_in(python) is None else environments.for_uv(call) or SYSTEM
        root = call.state.path(python)
        return root if root in call.state.venvs else environments.of_program(python, call.state)
    return environments.for_uv(call)


def _run(call: Call, words: list[str]) -> str:
    """`uv run …`, in the project's environment; with `--with`, in one of its own on top of it."""
    options, rest = tools.taken_apart(words)
    if not rest:
        return PRESUMED
    if "--with-requirements" in options or any(word == "--script" or word.startswith("--script=") for word in words):
        call.unclear("what `uv run` installs from a file is not followed")
    if rest[0].endswith(".py"):
        rest = ["python", *rest]
    if options.get("--with"):
        root = tools.made(call, f"uv run, line {call.ran.line}", options, [], "uv")
        return tools.inside(call, root, rest)
    alone = {"--no-project", "--no-sync", "--isolated"}.intersection(words)
    near = call.state.path(".venv") if alone else projects.ready(call)
    return tools.inside(call, near, rest) if near in call.state.venvs else call.interpret(call.with_words(tuple(rest)))
