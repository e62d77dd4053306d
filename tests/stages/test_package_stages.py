"""Stages 2 to 7 for real: uv, real wheels, real environments; only the index is small and local."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.errors import DeployError, PredictedError, StageError
from installer.core.machine.facts import MachineFacts
from installer.core.recipes.file import PACKAGE_STAGES
from installer.core.recipes.recipe import (
    Environment,
    Index,
    Model,
    ModelSource,
    PackageSet,
    PackageStage,
    RandomModel,
    Recipe,
    Server,
)
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.execution.context import RunContext
from installer.execution.generations import Generations
from installer.execution.runner import Runner
from installer.host.facts import read_facts
from installer.host.local import LocalHost
from installer.packages import resolution
from stages import (
    packages,
    s02_environment,
    s03_pytorch,
    s04_flashinfer,
    s05_transformers,
    s06_dependencies,
    s07_engine,
)
from tests.stand_ins import package_index, wheels

STAGES = (s02_environment, s03_pytorch, s04_flashinfer, s05_transformers, s06_dependencies, s07_engine)


def one(*requires: str, index: str | None = None, overrides: tuple[str, ...] = ()) -> PackageStage:
    return PackageStage((PackageSet(requires, index, overrides),))


RECIPE = Recipe(
    "mini", "Mini", "vllm", Model("m", (ModelSource(random=RandomModel()),)), Server("m"),
    environment=Environment(python=">=3.10"), pytorch=one("torch==2.0.0"), flashinfer=one("flashinfer-python"),
    transformers=one("transformers"), dependencies=one(), engine=one("mini-engine==1.0"),
)  # fmt: skip


class Lab:
    """A home with its own index; runs the package stages on it."""

    def __init__(self, root: Path, index: package_index.Index) -> None:
        self.index = index
        self.home = Home(root)
        self.cancel = threading.Event()
        self.host = LocalHost(self.home.cache, self.cancel.is_set)
        self.facts: MachineFacts = read_facts(self.home.root, ())
        self.generations = Generations(self.home)
        self.events: list[ev.Event] = []
        self.run_folder = self.home.run("test")
        self.run_folder.root.mkdir(parents=True)

    def lock(self, recipe: Recipe, **options: bool) -> resolution.Lock:
        return resolution.resolve(resolution.ask(recipe, self.facts, self.host, **options), self.host, self.home)  # type: ignore[arg-type]

    def deploy(self, recipe: Recipe = RECIPE, asked: tuple[int, ...] = (2, 3, 4, 5, 6, 7)) -> Runner:
        self.events.clear()
        lock = self.lock(recipe)

        def context(stage: object) -> RunContext:
            current = self.generations.current()
            environment = self.generations.path(current) if current else None
            return RunContext(
                recipe, self.facts, self.host, self.home, self.run_folder, lock, environment, False,
                stage=stage.number, emit=self.events.append,  # type: ignore[attr-defined]
            )  # fmt: skip

        runner = Runner(STAGES, context, self.generations, self.events.append, "test", asked, self.cancel)
        runner.execute()
        return runner

    def installed(self) -> dict[str, str]:
        return packages.installed(self.home.current)

    def python(self, code: str) -> str:
        done = self.host.run([str(self.home.current / "bin/python"), "-c", code])
        assert done.code == 0, done.output
        return done.output


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    wheels.stack(tmp_path / "wheels")
    with lab_with(tmp_path, monkeypatch) as opened:
        yield opened


@contextmanager
def lab_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab whose index has what lies in `tmp_path/wheels`."""
    with package_index.serve(tmp_path / "wheels") as index:
        for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_CACHE_DIR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        yield Lab(tmp_path / "home", index)


def test_every_package_is_installed_by_the_stage_that_needs_it_first(lab: Lab) -> None:
    lab.deploy()
    by_stage = {name: {p.name for p in lab.lock(RECIPE).of(name)} for name in PACKAGE_STAGES}
    assert by_stage == {
        "pytorch": {"torch", "mini-sympy"},
        "flashinfer": {"flashinfer-python"},
        "transformers": {"transformers", "mini-tokenizers"},
        "dependencies": {"mini-fastapi"},
        "engine": {"mini-engine"},
    }
    assert lab.installed()["torch"] == "2.0.0"
    assert lab.python("import mini_engine, torch; print(mini_engine.__version__, torch.__version__)") == "1.0 2.0.0"


def test_bytes_are_told_as_uv_says_them(lab: Lab) -> None:
    def told() -> list[ev.Progress]:
        return [e for e in lab.events if isinstance(e, ev.Progress) and e.subject == "torch"]

    def release() -> None:
        while not any(0 < e.done < (e.total or 0) for e in told()) and not lab.cancel.wait(0.02):
            pass
        lab.index.held.clear()

    lab.index.held.add("torch")
    threading.Thread(target=release, daemon=True).start()
    lab.deploy()
    *_, last = told()
    assert last.done == last.total == pytest.approx(3_000_000, rel=0.1)


def test_the_second_time_asks_nobody_and_changes_nothing(lab: Lab) -> None:
    lab.deploy()
    lab.index.requests.clear()
    assert not lab.deploy().changed
    assert lab.index.requests == []


def test_the_environment_works_from_wherever_it_was_cloned(lab: Lab) -> None:
    lab.deploy()
    scripts = [f for f in (lab.home.current / "bin").iterdir() if f.is_file() and not f.is_symlink()]
    for script in scripts:
        assert str(lab.generations.path(1)) not in script.read_text(errors="ignore"), script
    prefix = lab.python("import sys; print(sys.prefix)")
    assert Path(prefix).resolve() == lab.home.current.resolve()


def test_another_version_of_one_package_replaces_only_that(lab: Lab) -> None:
    lab.deploy()
    before = lab.generations.current()
    lab.deploy(replace(RECIPE, engine=one("mini-engine==1.1")))
    assert lab.installed()["mini-engine"] == "1.1"
    assert packages.installed(lab.generations.path(before or 0))["mini-engine"] == "1.0"
    outcomes = {e.name: e.status for e in lab.events if isinstance(e, ev.StageFinished)}
    untouched = ("environment", "pytorch", "flashinfer", "transformers", "dependencies")
    assert outcomes == dict.fromkeys(untouched, "satisfied") | {"engine": "done"}


def test_a_recipe_with_other_packages_starts_from_an_empty_environment(lab: Lab) -> None:
    lab.deploy()
    lab.deploy(replace(RECIPE, flashinfer=PackageStage(skip="no"), engine=one("transformers")))
    assert set(lab.installed()) == {"torch", "mini-sympy", "transformers", "mini-tokenizers"}


def test_a_missing_file_fails_the_stage_and_leaves_the_environment(lab: Lab) -> None:
    lab.deploy(asked=(2, 3))
    lab.lock(RECIPE)
    (lab.index.folder / "mini_fastapi-1.0-py3-none-any.whl").unlink()
    with pytest.raises(StageError) as caught:
        lab.deploy()
    assert "404" in caught.value.why or "mini" in caught.value.why
    assert "transformers" in lab.installed() and "mini-fastapi" not in lab.installed()
    assert lab.generations.drafts() == []


def test_a_wrong_file_is_refused_by_its_hash(lab: Lab) -> None:
    lab.lock(RECIPE)
    wheels.build(lab.index.folder, "mini-fastapi", "1.0", body="evil = True")
    with pytest.raises(StageError, match="could not be installed"):
        lab.deploy()
    assert "mini-fastapi" not in lab.installed()


def test_cancelling_in_the_middle_of_a_download_leaves_no_half_environment(lab: Lab) -> None:
    lab.index.held.add("torch")
    threading.Thread(target=lambda: (lab.index.started.wait(10), lab.cancel.set()), daemon=True).start()
    with pytest.raises(DeployError) as caught:
        lab.deploy()
    assert caught.value.exit_code == 130
    assert lab.generations.current() == 1
    assert lab.generations.drafts() == []


def test_the_password_of_an_index_is_in_no_argument_and_in_no_file(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.index.login = "deploy:pass-of-the-index"
    monkeypatch.setenv("PIP_INDEX_URL", lab.index.url.replace("://", f"://{lab.index.login}@"))
    seen: list[str] = []

    def look() -> None:
        lab.index.started.wait(60)
        seen.extend(_command_lines())
        lab.index.held.clear()

    lab.index.held.add("torch")
    watching = threading.Thread(target=look, daemon=True)
    watching.start()
    lab.deploy()
    watching.join(60)
    assert any("pip install" in line and "uv" in line for line in seen)
    assert not any("pass-of-the-index" in line for line in seen)
    assert "torch" in lab.installed()
    ours = [file for file in lab.home.root.rglob("*") if file.is_file() and "cache/uv" not in str(file)]
    assert not [file for file in ours if b"pass-of-the-index" in file.read_bytes()]


def _command_lines() -> list[str]:
    """Of every process of this machine, as `ps` shows them to everybody."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


def test_an_index_that_cannot_be_reached_falls_through_with_a_word(lab: Lab) -> None:
    recipe = replace(
        RECIPE, indexes=(Index("own", "http://127.0.0.1:9/simple"),), pytorch=one("torch==2.0.0", index="own")
    )
    lock = lab.lock(recipe)
    assert any("own" in notice and "cannot be used" in notice for notice in lock.notices)
    assert next(p for p in lock.packages if p.name == "torch").url.startswith(lab.index.url.removesuffix("/simple"))


def test_a_recipes_index_is_used_for_its_packages_only(lab: Lab, tmp_path: Path) -> None:
    wheels.build(tmp_path / "own", "torch", "2.0.0", ["mini-sympy"])
    wheels.build(tmp_path / "own", "mini-sympy", "9.9")
    with package_index.serve(tmp_path / "own") as own:
        recipe = replace(RECIPE, indexes=(Index("own", own.url),), pytorch=one("torch==2.0.0", index="own"))
        lock = lab.lock(recipe)
        found = {p.name: p for p in lock.packages}
        assert found["torch"].url.startswith(own.url.removesuffix("/simple"))
        assert found["mini-sympy"].version == "1.0"


def test_a_folder_of_wheels_in_pips_configuration_is_found(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels.build(tmp_path / "folder", "torch", "2.0.0+cpu", ["mini-sympy"])
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "folder"))
    recipe = replace(
        RECIPE, indexes=(Index("own", "http://127.0.0.1:9/simple"),), pytorch=one("torch==2.0.0+cpu", index="own")
    )
    torch = next(p for p in lab.lock(recipe).packages if p.name == "torch")
    assert (torch.version, torch.source) == ("2.0.0+cpu", "folder")
    lab.deploy(recipe, asked=(2, 3))
    assert lab.installed()["torch"] == "2.0.0+cpu"


def test_the_next_alternative_is_taken_where_the_first_has_no_solution(lab: Lab) -> None:
    first, second = PackageSet(("torch==9.9",)), PackageSet(("torch==2.1.0",), because="an older one")
    lock = lab.lock(replace(RECIPE, pytorch=PackageStage((first, second))))
    assert dict(lock.chosen)["pytorch"] == "an older one"
    assert any("torch==9.9" in notice for notice in lock.notices)


def test_no_solution_is_foreseen_in_the_resolvers_own_words(lab: Lab) -> None:
    with pytest.raises(PredictedError) as caught:
        lab.lock(replace(RECIPE, engine=one("mini-engine==7")))
    assert "mini-engine==7" in caught.value.why
    assert caught.value.exit_code == 3


def test_no_index_at_all_is_a_network_error(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(PredictedError) as caught:
        lab.lock(RECIPE)
    assert caught.value.code == "network"


def test_a_new_home_takes_from_the_cache_what_was_fetched_before(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "shared-cache"))
    lab.deploy()
    lab.index.requests.clear()
    other = Lab(tmp_path / "other-home", lab.index)
    other.deploy()
    assert other.installed() == lab.installed()
    assert [path for path in lab.index.requests if path.endswith(".whl")] == []


def test_offline_uses_what_the_cache_holds(lab: Lab) -> None:
    lab.deploy()
    lab.index.shutdown()
    recipe = replace(RECIPE, transformers=one("transformers==5.0"))
    lock = lab.lock(recipe, offline=True)
    assert len(lock.packages) == len(lab.installed())
