"""The shape of the house: layers, sizes, and what a headless start may load."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
MODULES = [*ROOT.glob("installer/**/*.py"), *ROOT.glob("stages/**/*.py")]
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
LARGEST_ROOM = 0.20
TOML = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
CONTRACTS = TOML.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
ROOMS = {"stages", *(f"installer.{path.parent.name}" for path in ROOT.glob("installer/*/__init__.py"))}
ABOVE_THE_HOST = {f"installer.{room}" for room in ("cli", "session", "diagnostics", "refresh", "fleet", "ui", "host")}
UNRESTRICTED = {
    "Only the screen imports Textual": {"installer.cli", "installer.ui"},
    "Only the host touches the machine": {"installer.host"},
    "Stages and checks use the machine only through the host that they are given": ABOVE_THE_HOST,
}
VIOLATIONS = {
    "Each layer imports only those below it": ("installer.fleet.router", "installer.derive.draft"),
    "The packages of the core import each other in one direction": (
        "installer.core.errors",
        "installer.core.plans.plan",
    ),
    "Only the screen imports Textual": ("installer.shell.budget", "textual"),
    "Screens and widgets do not import the app, the router or a controller": (
        "installer.ui.screens.help",
        "installer.ui.app",
    ),
    "Only the host touches the machine": ("installer.packages.uv", "subprocess"),
    "Stages and checks use the machine only through the host that they are given": (
        "stages.s01_cuda",
        "installer.host.hub",
    ),
    "Stages do not import each other": ("stages.s03_pytorch", "stages.s02_environment"),
}
"""For each contract a module, and an import in it that only this contract forbids."""


def lint(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), *options]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def test_the_import_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_each_contract_finds_an_import_that_it_forbids(tmp_path: Path) -> None:
    for package in ("installer", "stages"):
        without = shutil.ignore_patterns("__pycache__", "locale", "*.yaml")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=without)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for importer, imported in VIOLATIONS.values():
        with (tmp_path / importer.replace(".", "/")).with_suffix(".py").open("a") as module:
            module.write(f"import {imported}\n")
    said = " ".join(lint(tmp_path, "--no-cache").stdout.split())
    assert [contract["name"] for contract in CONTRACTS] == list(VIOLATIONS)
    assert not [name for name in VIOLATIONS if f"{name} BROKEN" not in said], said
    assert not [pair for pair in VIOLATIONS.values() if " -> ".join(pair) not in said], said


def test_every_room_is_named_in_the_contracts_that_are_about_rooms() -> None:
    layers = {room for line in CONTRACTS[0]["layers"] for room in line.split(" | ")}
    assert layers == ROOMS
    for contract in CONTRACTS:
        if contract["name"] in UNRESTRICTED:
            assert set(contract["source_modules"]) == ROOMS - UNRESTRICTED[contract["name"]], contract["name"]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_small(module: Path) -> None:
    text = module.read_text()
    assert len(text.splitlines()) <= LONGEST_MODULE
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it is"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, node.name


@pytest.mark.parametrize(
    "module", ["installer.cli", "installer.cli.parser", "installer.session.worker", "installer.cli.run"]
)
def test_no_screen_is_loaded_where_none_is_shown(module: str) -> None:
    code = f"import {module}, sys; print([m for m in ('textual', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_first_import_is_light() -> None:
    heavy = ("textual", "rich", "httpx", "yaml", "psutil", "pexpect", "huggingface_hub", "stages", "asyncio")
    code = f"import installer.cli, installer.cli.parser, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_plan_imports_nothing_that_only_a_run_or_a_server_needs() -> None:
    """A repeated plan takes as long as its imports: each of these was once imported for nothing."""
    late = ("installer.core.runs.events", "installer.proofs.run", "installer.packages.resolver_errors",
            "stages.server_start", "stages.proof", "statistics", "ctypes", "httpx", "huggingface_hub")  # fmt: skip
    code = f"import installer.session.planning, sys; print([m for m in {late!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_tuple_of_stages_and_the_files_agree() -> None:
    stages = importlib.import_module("stages").STAGES
    files = sorted(path.stem for path in ROOT.glob("stages/s[0-9][0-9]_*.py"))
    assert [f"s{stage.number:02d}_{stage.name}" for stage in stages] == files
    assert [stage.number for stage in stages] == list(range(1, 11))
    for stage in stages:
        missing = [
            name
            for name in ("check", "apply", "rollback", "title", "summary", "undo", "traits")
            if not hasattr(stage, name)
        ]
        assert not missing, f"stage {stage.number} lacks {missing}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph("installer", "stages")
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    while leaves := {module for module, imported in imports.items() if not imported & imports.keys()}:
        imports = {module: imported for module, imported in imports.items() if module not in leaves}
    importers = {module for imported in imports.values() for module in imported}
    assert not imports.keys() & importers, "imported in a circle, also where only types are"


def test_no_room_holds_a_fifth_of_the_lines() -> None:
    lines: dict[str, int] = {}
    for module in MODULES:
        room = "/".join(module.relative_to(ROOT).parts[:2]) if "installer" in module.parts else "stages"
        lines[room] = lines.get(room, 0) + len(module.read_text().splitlines())
    assert max(lines.values()) < LARGEST_ROOM * sum(lines.values()), max(lines, key=lambda room: lines[room])


def test_digits_are_asked_for_in_one_way() -> None:
    """By `installer.core.text.numbers`: `"²".isdigit()` is true, and `int("²")` fails; `"٣"` is of another script."""
    files = [*ROOT.glob("installer/**/*.py"), *ROOT.glob("stages/*.py")]
    asking = [f for f in files if any(f".is{kind}(" in f.read_text() for kind in ("digit", "decimal", "numeric"))]
    assert not asking


def test_names_of_packages_are_normalised_in_one_way() -> None:
    """By `packaging.utils.canonicalize_name`; the script in the engine's environment may find no `packaging` there."""
    without_packaging = ROOT / "stages/scripts/verify.py"
    by_hand = [module for module in MODULES if '"[-_.]+", "-"' in module.read_text()]
    assert by_hand == [without_packaging]


def test_no_stage_is_known_by_its_number_elsewhere() -> None:
    """What ordering the work needs to know of a stage is said by the stage, in its traits."""
    ranges = re.compile(r"range\((?:2|3), (?:8|9|10)\)|number in \(\d|_PACKAGES = [0-9]")
    files = [
        *ROOT.glob("installer/execution/*.py"),
        *ROOT.glob("installer/session/*.py"),
        *ROOT.glob("installer/cli/*.py"),
    ]
    assert not [file for file in files if ranges.search(file.read_text())]


def test_threads_are_begun_in_one_way() -> None:
    """By `installer.core.threads`, so that none keeps the process alive; pools are left by `with`."""
    ours = [module for module in MODULES if ROOT / "stages/scripts" not in module.parents]  # those run in other Pythons
    begun = [module for module in ours if "threading.Thread(" in module.read_text()]
    assert begun == [ROOT / "installer/core/threads.py"]


def test_the_hub_s_client_is_used_by_its_public_names() -> None:
    """What `huggingface_hub` itself exports, its errors and its constants; nothing of its modules' insides."""
    import huggingface_hub

    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("huggingface_hub"):
                assert node.module in ("huggingface_hub", "huggingface_hub.errors"), module
                exported = huggingface_hub.__all__ if node.module == "huggingface_hub" else [n.name for n in node.names]
                assert {name.name for name in node.names} <= {*exported, "constants"}, module


ARGPARSE = [module for module in ROOT.glob("stages/**/*.py") if "argparse.ArgumentParser(" in module.read_text()]


@pytest.mark.parametrize("script", ARGPARSE, ids=lambda path: path.stem)
def test_scripts_read_only_the_arguments_that_they_declare(script: Path) -> None:
    """They run in other Pythons, where no type checker sees that an attribute of the arguments does not exist."""
    nodes = list(ast.walk(ast.parse(script.read_text())))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    declared = {text.removeprefix("--").replace("-", "_") for text in strings}
    parsed = {node.arg for node in nodes if isinstance(node, ast.arg) and "Namespace" in ast.unparse(node)}
    for node in nodes:
        if isinstance(node, ast.Assign) and ast.unparse(node.value).endswith(".parse_args()"):
            parsed |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    values = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    read = {node.attr for node in values if isinstance(node.value, ast.Name) and node.value.id in parsed}
    assert read <= declared
