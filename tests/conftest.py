"""The one real deployment of a test session: the embedded default, on the CPU, made when the first test asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stand_ins.deployment import Deployment


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest-xdist shares them out by file; what uses the one real deployment is one part, and the first."""
    shared = {item for item in items if {"deployment", "real_environment"} & set(getattr(item, "fixturenames", ()))}
    items.sort(key=lambda item: item not in shared)
    for item in items:
        item.add_marker(pytest.mark.xdist_group("deployment" if item in shared else str(item.path)))


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A home with the embedded default deployed through stage 9; the server is not started yet."""
    made = Deployment(tmp_path_factory.mktemp("deployment") / "home")
    done = made.tool("--stage", "1-9", "--yes", *made.settings)
    assert done.returncode == 0, done.stderr
    yield made
    made.tool("server", "stop")


@pytest.fixture(scope="session")
def real_environment(request: pytest.FixtureRequest) -> Path:
    """A Python environment with torch, transformers and an engine, not to be changed.

    $DEPLOY_TUI_TEST_ENVIRONMENT, where it is set, saves making one.
    """
    if named := os.environ.get("DEPLOY_TUI_TEST_ENVIRONMENT"):
        return Path(named)
    made: Deployment = request.getfixturevalue("deployment")
    return made.home.current.resolve()
