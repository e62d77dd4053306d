from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.core.files import foreign_json


@pytest.mark.parametrize("text", ['{"a": "\\ud83d\\ude00"}', '{"a": [1, null]}', '"\\\\ud800"', "1"])
def test_json_is_read(text: str) -> None:
    assert foreign_json.loads(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{\n"a": "\\ud800"}', "an incomplete character in or after line 2"),
        ('{"\\uDFFF": 1}', "an incomplete character"),
        ('"\udc80"', "an incomplete character"),
        ("[" * 100_000, "nested too deep"),
        ("1" * 5000, "digits"),
        ("{", "Expecting"),
    ],
    ids=["escaped", "key", "from bytes", "deep", "long number", "not JSON"],
)
def test_what_cannot_be_written_down_again_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        foreign_json.loads(text)


ROOT = Path(__file__).parents[2]
_SHIPPED = (
    "stages/scripts/", "installer/refresh/", "installer/core/secrets/", "installer/knowledge/",
    "installer/fleet/router.py", "installer/core/files/foreign_json.py",
)  # fmt: skip
"""What reads files that come along, or what a program of ours wrote a moment ago."""
_SURE = {
    "installer/host/evidence.py": 1, "installer/ui/log/journal_rows.py": 1, "installer/diagnostics/connecting.py": 1,
    "installer/diagnostics/ticket/playing.py": 1, "stages/git_models.py": 1,
    "stages/proving.py": 1, "installer/host/carrier/worker.py": 1,
}  # fmt: skip
"""How many more there are where the text is our own."""


def _unguarded(tree: ast.AST) -> Iterator[int]:
    """Lines that call `json.loads` where nesting too deep would end in a traceback."""
    safe = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any("RecursionError" in ast.dump(one) for one in node.handlers)
        for inner in ast.walk(node)
    } | {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and "RecursionError" in "".join(map(ast.dump, node.items))
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "json.loads" and node not in safe:
            yield node.lineno


def test_what_somebody_else_wrote_is_read_here_alone() -> None:
    found = {}
    for file in (*ROOT.glob("installer/**/*.py"), *ROOT.glob("stages/**/*.py")):
        name, text = str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")
        if "json.loads(" not in text or name.startswith(_SHIPPED):
            continue
        lines = list(_unguarded(ast.parse(text)))
        if len(lines) > _SURE.get(name, 0):
            found[name] = lines
    assert not found, "use foreign_json.loads"
