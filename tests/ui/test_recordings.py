"""The recorded journals are what the events of today would be written as."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui import record_journals
from tests.ui.replay import JOURNALS


def test_recording_again_gives_the_same_journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_journals, "FOLDER", tmp_path)
    assert list(record_journals._recordings())
    again = {path.name: path.read_bytes() for path in tmp_path.glob("*.jsonl")}
    assert again == {name: (JOURNALS / name).read_bytes() for name in again}
