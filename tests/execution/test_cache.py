"""What a power cut may have torn is fetched again."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.runs.home import Home
from installer.execution import cache


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "cache/uv/archive").mkdir(parents=True)
    return Home(tmp_path)


def kept(home: Home) -> bool:
    return (home.cache / "uv/archive").exists()


def test_a_cache_of_before_the_machine_went_down_is_removed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.begin(home) == "" and kept(home)
    monkeypatch.setattr("installer.disk.unsynced.boot", lambda: "another")
    assert "went down" in cache.begin(home) and not kept(home)
    (home.cache / "uv/archive").mkdir(parents=True)
    assert cache.begin(home) == "" and kept(home)


def test_a_killed_engine_loses_nothing_of_the_cache(home: Home) -> None:
    cache.begin(home)
    assert cache.begin(home) == "" and kept(home)


def test_a_settled_cache_survives(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.begin(home)
    cache.mark_complete(home)
    monkeypatch.setattr("installer.disk.unsynced.boot", lambda: "another")
    assert cache.begin(home) == "" and kept(home)
