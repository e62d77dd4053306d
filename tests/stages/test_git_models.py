"""Stage 8 against a real git repository with Git LFS, served as files; the token against a server that wants one."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from installer.core.errors import StageError
from installer.core.recipes.recipe import Model, ModelSource, Recipe, Server
from installer.core.runs import events as ev
from installer.host.local import LocalHost
from stages import git_models, models, s08_model
from tests.stand_ins.context import RecordingContext

TOKEN = "hf_" + "tokenofthegitstage"
WEIGHTS = {f"model-{n}.safetensors": random.Random(n).randbytes(700_000) for n in (1, 2)}
SMALL = {"config.json": b'{"model_type": "qwen2"}\n', "tokenizer.json": b"{}\n"}
LFS = (
    shutil.which("git") and subprocess.run(["git", "lfs", "version"], capture_output=True, check=False).returncode == 0
)
needs_lfs = pytest.mark.skipif(not LFS, reason="git-lfs is not installed here (apt-get install git-lfs)")


def git(place: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", *identity, *words], cwd=place, check=True, capture_output=True)


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    place = tmp_path / "maker" / "tiny"
    place.mkdir(parents=True)
    git(place, "init", "-q", "-b", "main")
    git(place, "lfs", "install", "--local")
    git(place, "lfs", "track", "*.safetensors")
    for name, content in {**SMALL, **WEIGHTS}.items():
        (place / name).write_bytes(content)
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "Add a model")
    return place


def context(root: Path, *sources: ModelSource) -> RecordingContext:
    ctx = RecordingContext(Recipe("r", "R", "vllm", Model("served", sources), Server("m")), root / "home", stage=8)
    ctx.run = ctx.home.run("test")
    ctx.run.root.mkdir(parents=True, exist_ok=True)
    return ctx


def of(upstream: Path, **more: object) -> ModelSource:
    return ModelSource(git=f"file://{upstream}", **more)  # type: ignore[arg-type]


def fetched(ctx: RecordingContext) -> Path:
    check = s08_model.check(ctx)
    assert check.changes, check
    s08_model.apply(ctx, check.changes)
    model = models.chosen(ctx)
    assert model is not None and s08_model.check(ctx).changes == ()
    return model.folder


@needs_lfs
def test_a_clone_is_complete_checked_and_on_the_disk_once(upstream: Path, tmp_path: Path) -> None:
    ctx = context(tmp_path, of(upstream))

    place = fetched(ctx)

    for name, content in {**SMALL, **WEIGHTS}.items():
        assert (place / name).read_bytes() == content
    assert not (place / models.INCOMPLETE).exists() and not (place / ".git").exists()
    told = json.loads(models.manifest_path(place).read_text())
    assert {f["path"]: f["sha256"] for f in told["files"] if f["path"] in WEIGHTS} == {
        name: hashlib.sha256(content).hexdigest() for name, content in WEIGHTS.items()
    }
    assert len(told["commit"]) == 40
    progress = ctx.of(ev.Progress)
    assert progress and all(event.total == 1_400_000 for event in progress if isinstance(event, ev.Progress))


@needs_lfs
def test_patterns_leave_weights_out(upstream: Path, tmp_path: Path) -> None:
    place = fetched(context(tmp_path, of(upstream, include=("*.json", "model-1.*"))))
    assert sorted(path.name for path in place.iterdir()) == ["config.json", "model-1.safetensors", "tokenizer.json"]


@needs_lfs
def test_an_interrupted_fetch_goes_on(upstream: Path, tmp_path: Path) -> None:
    digest = hashlib.sha256(WEIGHTS["model-2.safetensors"]).hexdigest()
    lost = upstream / ".git/lfs/objects" / digest[:2] / digest[2:4] / digest
    lost.rename(upstream / "elsewhere")
    ctx = context(tmp_path, of(upstream))
    with pytest.raises(StageError, match=r"status|of 2 files"):
        s08_model.apply(ctx, s08_model.check(ctx).changes)
    target = models.folder(ctx.home, of(upstream))
    arrived = [
        path for path in (target / models.INCOMPLETE).rglob("*") if path.is_file() and path.stat().st_size == 700_000
    ]
    assert len(arrived) == 1 and models.chosen(ctx) is None
    (upstream / "elsewhere").rename(lost)
    # What has arrived must not be asked for again.
    one = hashlib.sha256(WEIGHTS["model-1.safetensors"]).hexdigest()
    (upstream / ".git/lfs/objects" / one[:2] / one[2:4] / one).unlink()

    assert (fetched(context(tmp_path, of(upstream))) / "model-1.safetensors").read_bytes() == WEIGHTS[
        "model-1.safetensors"
    ]


@needs_lfs
def test_what_is_not_what_its_pointer_says_is_deleted(upstream: Path, tmp_path: Path) -> None:
    ctx = context(tmp_path, of(upstream))
    target = models.folder(ctx.home, of(upstream))
    digest = hashlib.sha256(WEIGHTS["model-1.safetensors"]).hexdigest()
    wrong = target / models.INCOMPLETE / "git/lfs/objects" / digest[:2] / digest[2:4] / digest
    changes = s08_model.check(ctx).changes
    subprocess.run(["git", "init", "-q", "--bare", str(target / models.INCOMPLETE / "git")], check=True)
    git(target / models.INCOMPLETE / "git", "remote", "add", "origin", f"file://{upstream}")
    git(target / models.INCOMPLETE / "git", "config", "core.bare", "false")
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes(bytes(700_000))

    with pytest.raises(StageError, match="does not match the repository"):
        s08_model.apply(ctx, changes)

    assert not wrong.exists() and models.chosen(ctx) is None
    fetched(context(tmp_path, of(upstream)))


@needs_lfs
def test_a_model_larger_than_the_disk_is_not_begun(
    upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_models, "_SPARE", 1 << 60)
    ctx = context(tmp_path, of(upstream))
    with pytest.raises(StageError, match=r"needs .* more"):
        s08_model.apply(ctx, s08_model.check(ctx).changes)
    weighty = [path for path in ctx.home.root.rglob("*") if path.is_file() and path.stat().st_size >= 700_000]
    assert weighty == []


@needs_lfs
def test_a_repository_that_is_not_there_is_said_before_anything_is_done(tmp_path: Path) -> None:
    check = s08_model.check(context(tmp_path, of(tmp_path / "nowhere")))
    assert "cannot be cloned" in check.blocked and not (tmp_path / "home/models").exists()


@pytest.mark.parametrize("installed", [(), ("git",)], ids=["no git", "no git-lfs"])
def test_without_the_programs_a_sentence_says_so(
    installed: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in installed:
        (programs / name).write_text('#!/bin/sh\ntest "$1" = --version\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))

    check = s08_model.check(context(tmp_path, of(tmp_path)))

    missing = "git-lfs" if installed else "git"
    assert f"{missing} is not installed" in check.blocked and f"apt-get install {missing}" in check.fix


class Asked(BaseHTTPRequestHandler):
    """Wants a password, and remembers which it was given."""

    given: list[str]

    def do_GET(self) -> None:
        if header := self.headers.get("Authorization"):
            self.given.append(base64.b64decode(header.split()[1]).decode())
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="hub"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def guarded() -> Iterator[tuple[str, list[str]]]:
    given: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Asked,), {"given": given}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", given
    server.shutdown()


@needs_lfs
@pytest.mark.parametrize("is_the_hub", [True, False])
def test_the_token_goes_to_the_hub_only_and_is_written_nowhere(
    is_the_hub: bool, guarded: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, given = guarded
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text("[credential]\n\thelper = store\n")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("GIT_TRACE_CURL", str(tmp_path / "trace"))
    monkeypatch.setenv("HF_ENDPOINT", url if is_the_hub else "http://127.0.0.1:9")
    commands: list[str] = []
    run = LocalHost.run
    monkeypatch.setattr(
        LocalHost, "run", lambda self, words, **more: commands.extend(words) or run(self, words, **more)
    )

    check = s08_model.check(context(tmp_path, ModelSource(git=f"{url}/maker/tiny")))

    assert "cannot be cloned" in check.blocked
    assert given == ([f"user:{TOKEN}"] if is_the_hub else [])
    assert TOKEN not in " ".join([*commands, check.blocked, check.fix])
    assert [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()] == []
    assert os.environ["HF_TOKEN"] == TOKEN
