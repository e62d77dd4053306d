"""Looks into what is not installed, as an offline plan has them: shipped knowledge of the very releases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from installer.core.runs.home import Home
from installer.host.local import LocalHost
from installer.packages.wheels.inspection import WheelLookups


@pytest.fixture(scope="session")
def lookups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WheelLookups]:
    home = Home(tmp_path_factory.mktemp("home"))
    made = WheelLookups(LocalHost(home.cache), home, offline=True)
    yield made
    made.close()
