"""No package, engine or maker is known to code by its name where a row of `installer/knowledge` could say it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from installer.knowledge.engines import definitions
from installer.knowledge.tables import table

ROOT = Path(__file__).parents[1]
COMMON = {
    "torch", "transformers", "tokenizers", "git", "cuda", "text", "attr", "yaml", "cpuinfo", "setuptools",
    "compressed-tensors", "torchao", "gguf",
}  # fmt: skip
"""Every engine is built on the first three, and tables and stages are about them; then words that are also names of
packages; the last are formats of checkpoints, which packages are named after."""
ABOUT = {
    "installer/core/plans/stack.py": "names the format that several engines call so",
    "installer/core/recipes/file.py": "the sections of the recipe, and what a stand-in can be",
    "installer/core/recipes/recipe.py": "what a stand-in is if nobody says",
    "installer/models/random_model.py": "describes that stand-in",
    "installer/session/exports/values.py": "fetches inside the engine's image, with what is in it",
    "stages/scripts/make_stand_in.py": "makes that stand-in",
    "installer/refresh/torch.py": "derives the table of torch, which says the Triton of each release",
    "installer/session/recipe_reference.py": "shows a machine file as an example",
    "installer/shell/commands/launch.py": "sees that a script makes a cluster with that program",
    "stages/s04_flashinfer.py": "the stage is called so",
}
"""Modules that are about what they name."""
FAMILIES = {
    "mistral", "ministral", "mixtral", "qwen", "llama", "gemma", "deepseek", "minimax", "pixtral", "kimi", "internlm",
    "phi", "glm",
}  # fmt: skip
"""Of models. NVIDIA is none of these names: its driver and programs are what a machine is read by (`host/gpu.py`)."""
GPU = re.compile(r"\b(?:[AHL]\d{2,3}|B\d{3}|T4|RTX ?\d*|GH200|GB\d00|MI\d{3}|Blackwell|Hopper|Ampere|Volta)\b")


@cache
def known() -> frozenset[str]:
    """Every distribution and module that a table of packages names, and the engines."""
    held = table("packages")
    rows = [row for section in held.values() if isinstance(section, list) for row in section if not _is_a_tool(row)]
    names = {row[key] for row in rows for key in ("package", "module", "importer") if key in row}
    names |= {name for row in rows for name in row.get("packages", ())}
    names |= {row["package"] for row in table("extensions")["extensions"]}
    for engine in definitions.engines().values():
        names |= {engine.name, engine.title, *engine.distributions, *engine.needs}
    return frozenset(map(canonicalize_name, names))


def _is_a_tool(row: Mapping[str, object]) -> bool:
    """Programs that are called, as pip and uv are, and what only builds packages."""
    roles = {*row} - {"package", "source", "checked"}
    return row.get("stage") == 2 or roles == {"builds"}


def named(module: Path) -> Iterator[str]:
    """The names in the code of a module: in literals, sentences and patterns, and what is searched for in a name."""
    tree = ast.parse(module.read_text())
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield from (f"{node.lineno}: {word!r}" for word in dict.fromkeys(_words(node.value)))
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            part = node.left.value if isinstance(node.left, ast.Constant) else None
            whole = node.comparators[0]
            of_a_name = isinstance(whole, ast.Name | ast.Attribute) and "name" in ast.unparse(whole)
            if isinstance(part, str) and of_a_name and len(part) > 3 and any(part in one for one in _all_names()):
                yield f"{node.lineno}: {ast.unparse(node)}"


def _words(text: str) -> Iterator[str]:
    """The names in a text: packages and engines as whole words, makers' families also inside one, and GPUs."""
    for found in re.findall(r"[A-Za-z][\w.+-]*", text):
        word = found.rstrip(".-+")
        parts = {canonicalize_name(part) for part in re.split(r"[^A-Za-z]+", word)}
        if canonicalize_name(word) in _packages() or parts & (FAMILIES | _engines()):
            yield word
    yield from GPU.findall(text)


@cache
def _engines() -> frozenset[str]:
    known_ones = definitions.engines().values()
    return frozenset(canonicalize_name(name) for one in known_ones for name in (one.name, one.title))


@cache
def _packages() -> frozenset[str]:
    """Without what is a word of every language, as two small letters are."""
    return frozenset(name for name in known() - COMMON if len(name) > 2)


@cache
def _all_names() -> frozenset[str]:
    return known() | {"mistral", "ministral", "qwen", "llama", "gemma", "deepseek", "minimax", "nvidia", "kernels"}


MODULES = [*ROOT.glob("installer/**/*.py"), *ROOT.glob("stages/**/*.py")]
OF_ENGINES = ("installer/knowledge/engines/", "stages/scripts/engines/")
"""Readers of engines' wheels, and what runs inside an engine."""


def test_no_engine_is_named_outside_of_data_and_the_folders_of_engines() -> None:
    """Not even in comments: what is true of one engine is in its row."""
    names = re.compile("|".join(map(re.escape, sorted(_engines()))), re.IGNORECASE)
    elsewhere = [path for path in MODULES if not str(path.relative_to(ROOT)).startswith(OF_ENGINES)]
    assert len(elsewhere) < len(MODULES)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in elsewhere
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if names.search(line)
    ]
    assert not found, "\n".join(found)


def test_code_knows_no_package_by_its_name() -> None:
    found = [
        f"{path}:{one}"
        for module in MODULES
        if (path := str(module.relative_to(ROOT))) not in ABOUT and not path.startswith(OF_ENGINES)
        for one in named(module)
    ]
    assert not found, "\n".join(["a row of installer/knowledge/packages.yaml can say it:", *found])


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ('_STAGES = {"torch": 3, "flashinfer-python": 4}', ["1: 'flashinfer-python'"]),
        ('_ENGINES = ("vllm", "sgl_kernel")', ["1: 'vllm'", "1: 'sgl_kernel'"]),
        ('module = "x" if "kernel" in package.name else "y"', ["1: 'kernel' in package.name"]),
        ('found = any("istral" in name for name in names)', ["1: 'istral' in name"]),
        ('why = f"{name} starts, and only vLLM is checked"', ["1: 'vLLM'"]),
        ('help = "such as Qwen/Qwen2.5-0.5B"', ["1: 'Qwen'", "1: 'Qwen2.5-0.5B'"]),
        ('pattern = re.compile(r"^VLLM_(\\w+)=")', ["1: 'VLLM_'"]),
        ('fix = "Take an H100 or an RTX 4090."', ["1: 'H100'", "1: 'RTX 4090'"]),
        ('flag = "--attention-backend flashinfer"', ["1: 'flashinfer'"]),
        ('versions.get("torch")', []),
        ('"""A module about vllm."""', []),
    ],
)
def test_it_sees_what_it_is_for(tmp_path: Path, code: str, names: list[str]) -> None:
    module = tmp_path / "module.py"
    module.write_text(code + "\n")
    assert list(named(module)) == names


@pytest.mark.parametrize("path", ABOUT)
def test_what_is_excused_is_still_there(path: str) -> None:
    assert list(named(ROOT / path))
