"""The one real deployment of a test session: the embedded default, on the CPU, made when the first test asks for it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.host.cloning import clone
from tests.stand_ins.deployment import Deployment

_LONGEST = "test_deployment.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process of pytest-xdist is left alone with it at the end."""
    items.sort(key=lambda item: item.path.name != _LONGEST)


def pytest_configure() -> None:
    """Whoever starts the tests in the background has SIGINT ignored, and so would all that they start."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """By the one process that the others work for: a deployment takes 6 GB."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(session.config._tmp_path_factory.getbasetemp() / "deployed", ignore_errors=True)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A home with the embedded default deployed through stage 9, shared by all processes of pytest-xdist.

    Beside it lies `environment`, a clone of its environment. Neither is to be changed.
    """
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "deployed"
    shared.mkdir(exist_ok=True)
    made = Deployment(shared / "home")
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second waits
        if not (shared / "environment").exists():
            done = made.tool("--stage", "1-9", "--yes", *made.settings)
            assert done.returncode == 0, done.stderr
            clone(made.home.current.resolve(), shared / "environment")
    return made


@pytest.fixture(scope="module")
def deployment(deployed: Deployment) -> Iterator[Deployment]:
    """The same home, for the one module that starts its server and breaks its environment."""
    yield deployed
    deployed.tool("server", "stop")


@pytest.fixture(scope="session")
def real_environment(request: pytest.FixtureRequest) -> Path:
    """A Python environment with torch, transformers and an engine, not to be changed.

    $DEPLOY_TUI_TEST_ENVIRONMENT, where it is set, saves making one.
    """
    if named := os.environ.get("DEPLOY_TUI_TEST_ENVIRONMENT"):
        return Path(named)
    made: Deployment = request.getfixturevalue("deployed")
    return made.root.with_name("environment")
