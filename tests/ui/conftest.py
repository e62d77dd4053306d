"""A screen that always looks the same: no animation, no blinking, none of the developer's own colours, no waiting."""

from __future__ import annotations

import pytest

from installer.ui.controllers import deploying, serving

LOOK_S = 0.2
"""A session of a test answers at once, so that nobody has to wait for the second look at it."""


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS", "TEXTUAL_FILTERS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LOOK_S", LOOK_S)
    monkeypatch.setattr(serving, "COUNT_S", LOOK_S)
    monkeypatch.setattr(deploying, "TOOK_AFTER_S", 0.0)
