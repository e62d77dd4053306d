"""From a request to a recipe: the text is parsed once, whatever command line, caller and profile add to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.recipes import loader
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.host.local import LocalHost
from installer.session.prepare import prepare

ROOT = Path(__file__).parents[2]


def test_a_recipe_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse = loader.parse

    def counted(text: str, source: str, kind: str) -> loader.Table:
        parsed.append(source)
        return parse(text, source, kind)

    monkeypatch.setattr(loader, "parse", counted)
    loader.written.cache_clear()
    monkeypatch.setenv("MEM_FRACTION", "0.71")
    home = Home(tmp_path / "home")
    request = Request(
        recipe="ministral-3b-sglang",
        machine=str(ROOT / "tests/machines/a40-pod.yaml"),
        profile="long-context",
        settings=("server.host=127.0.0.9",),
    )
    prepared = prepare(request, home, LocalHost(home.cache))
    assert prepared.recipe.profile == "long-context" and prepared.recipe.server.host == "127.0.0.9"
    assert str(prepared.recipe.server.flags["--mem-fraction-static"]) == "0.71"
    assert [source for source in parsed if source.endswith("ministral-3b-sglang.yaml")] == parsed and len(parsed) == 1
    prepare(Request(machine=request.machine, recipe="qwen2.5-3b"), home, LocalHost(home.cache))  # chosen among all
    assert len(parsed) == len(set(parsed)) > 1
