"""Shell scripts, and what is understood of them: `tests/scripts/NAME.sh` beside `NAME.yaml`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.core.machine import loader
from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Expectation, Fetch, Imports, Install, Launch, Step, SystemInstall, Uninstall
from installer.shell import procedure, read_script

SCRIPTS = Path(__file__).parent.parent / "scripts"
CASES = sorted(path for path in SCRIPTS.glob("*.sh") if path.with_suffix(".yaml").exists())


def facts(expected: dict[str, Any]) -> MachineFacts:
    if "machine" not in expected:
        return MachineFacts()
    path = SCRIPTS.parent / "machines" / f"{expected['machine']}.yaml"
    return loader.parse(path.read_text(encoding="utf-8"), str(path))


def told(step: Step) -> str:
    """A step on one line: its line, its stage, what it does, and what is special about it."""
    words = [f"{step.line}:{step.stage}", type(step).__name__.lower()]
    match step:
        case Install():
            words += [step.tool, *_install(step), *step.requires]
        case Uninstall():
            words += step.names
        case Expectation():
            words += [step.package, step.specifier]
        case Imports():
            words += step.modules
        case SystemInstall():
            words += step.packages
        case Fetch():
            words += [step.model, f"token={step.authenticated}"]
        case Launch():
            words += [step.engine, *(f"{name}={value}" for name, value in step.environment.items()), *step.arguments]
            words += [f"model={step.model}", *([f"image={step.image}"] if step.image else [])]
            words += [f"shm={step.shm_mib}"] if step.shm_mib is not None else []
    words += ["tolerated"] if step.tolerated else []
    words += [f"if {step.condition}"] if step.condition else []
    return shlex.join(words).replace("\0", "?")


def _install(step: Install) -> list[str]:
    source = step.sourcing
    words = [f"in={step.interpreter}"] if step.interpreter else []
    words += [f"index={source.index_url}"] if source.index_url else []
    words += [f"extra={url}" for url in source.extra_index_urls]
    words += [f"constraint={line}" for line in step.constraints]
    words += [source.strategy] if source.strategy != ("first-index" if step.tool == "uv" else "best-match") else []
    named = ("no_deps", "force_reinstall", "upgrade", "pre", "only_binary")
    return words + [name for name in named if getattr(step, name)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_understands_a_script(path: Path) -> None:
    expected = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
    found, findings = procedure(read_script(path), path.name, facts(expected), path.parent)
    assert [told(step) for step in found.steps] == expected.get("steps", [])
    assert found.python == expected.get("python")
    assert [f"{piece.line}: {piece.why}" for piece in found.not_followed] == expected.get("not_followed", [])
    assert [f"{f.line}: {f.code} {f.severity} {f.subject}" for f in findings] == expected.get("findings", [])
    assert all(finding.summary and finding.evidence and finding.fix and finding.source for finding in findings)


@pytest.mark.parametrize(
    ("script", "fallback"),
    [
        ("pip install a || pip install b", True),
        ("if ! pip install a; then pip install b; fi", True),
        ("if pip install a; then :; else pip install b; fi", True),
        ("pip install --index-url https://an.index/with/a/very/long/address/of/its/own/simple a || pip install b",
         True),
        ("{ pip install a | tee log; } || pip install b", True),
        ("pip install a && pip install b", False),
        ('grep -q "how to install it" notes.txt || pip install b', False),
        ('if [ -n "$EXTRA" ]; then pip install b; fi', False),
    ],
)  # fmt: skip
def test_what_runs_only_where_an_installation_failed(script: str, fallback: bool) -> None:
    steps = procedure(script + "\n", "start.sh", MachineFacts())[0].steps
    (step,) = (one for one in steps if isinstance(one, Install) and one.requires == ("b",))

    assert step.fallback is fallback


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("pip install a\nvllm serve x\n", False),
        ("set -e\npip install a\nvllm serve x\n", True),
        ("pip install a && vllm serve x\n", True),
        ("pip install a && echo done\nvllm serve x\n", False),
        ("pip install a || exit 1\nvllm serve x\n", True),
        ("if ! pip install a; then exit 1; fi\nvllm serve x\n", True),
        ("if pip install a; then echo yes; fi\nvllm serve x\n", False),
        ("set -e\npip install a | tail -1\nvllm serve x\n", False),
    ],
)
def test_whether_a_failed_install_ends_the_script(text: str, ends: bool) -> None:
    followed, _ = procedure(text, "script.sh", MachineFacts())
    (step,) = [step for step in followed.steps if isinstance(step, Install)]
    assert step.ends is ends
