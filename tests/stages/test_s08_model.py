"""Stage 8 against a hub that is really served over HTTP, and with a stand-in that is really made."""

from __future__ import annotations

import hashlib
import json
import os
import random
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.errors import Cancelled, StageError
from installer.core.machine.facts import MachineFacts
from installer.core.recipes.recipe import Model, ModelSource, RandomModel, Recipe, Server
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from stages import models, s08_model
from tests.stand_ins.context import RecordingContext
from tests.stand_ins.hub import COMMIT, HubModel, StandInHub
from tests.stand_ins.patience import PATIENCE_S

NAME = "maker/tiny"
TOKEN = "hf_" + "tokenoftheeighthstage"
HUB = ModelSource(hub=NAME)
RANDOM = ModelSource(random=RandomModel())


def weights(count: int = 600_000) -> bytes:
    header = json.dumps({"weight": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + random.Random(8).randbytes(count)


FILES = {"config.json": b'{"model_type": "qwen2"}\n', "tokenizer.json": b"{}", "model.safetensors": weights()}
SIZE = sum(map(len, FILES.values()))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    for name in [name for name in os.environ if name.startswith("HF_")]:
        monkeypatch.delenv(name)
    with StandInHub({NAME: HubModel(dict(FILES))}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


def context(
    root: Path, *sources: ModelSource, run: str = "test", facts: MachineFacts | None = None
) -> RecordingContext:
    recipe = Recipe("r", "R", "vllm", Model("served", sources), Server("m"))
    ctx = RecordingContext(recipe, root, stage=8, facts=facts)
    ctx.run = ctx.home.run(run)
    ctx.run.root.mkdir(parents=True, exist_ok=True)
    return ctx


def carry_out(ctx: RecordingContext) -> None:
    s08_model.apply(ctx, s08_model.check(ctx).changes)


def close(hub: StandInHub) -> None:
    """Take the hub off the network."""
    hub.__exit__()


def everything_said(ctx: RecordingContext) -> str:
    return "\n".join(ev.to_json(ev.Entry(0, event)) for event in ctx.events)


# --- from a hub


def test_the_plan_says_how_much_the_hub_has(hub: StandInHub, tmp_path: Path) -> None:
    (change,) = s08_model.check(context(tmp_path, HUB)).changes
    assert change.bytes == SIZE
    assert "3 files" in change.summary and NAME in change.summary
    assert not (tmp_path / "models").exists()


def test_fetching_satisfies_the_check(hub: StandInHub, tmp_path: Path) -> None:
    ctx = context(tmp_path, HUB)
    carry_out(ctx)
    hub.asked.clear()
    check = s08_model.check(ctx)
    assert check.changes == () and NAME in check.observed[0] and hub.asked == []
    chosen = models.chosen(ctx)
    assert chosen is not None and not chosen.stand_in
    assert chosen.folder == tmp_path / "models" / "maker--tiny@main"
    assert {path.name: path.read_bytes() for path in chosen.folder.iterdir()} == FILES


def test_the_manifest_says_where_it_came_from(hub: StandInHub, tmp_path: Path) -> None:
    carry_out(context(tmp_path, HUB, run="r-1"))
    body = json.loads((tmp_path / "models" / "maker--tiny@main.json").read_text())
    assert (body["commit"], body["stand_in"], body["fetched_by_run"]) == (COMMIT, False, "r-1")
    sums = {file["path"]: file["sha256"] for file in body["files"]}
    assert sums["model.safetensors"] == hashlib.sha256(FILES["model.safetensors"]).hexdigest()


def test_progress_reaches_the_whole_of_every_file(hub: StandInHub, tmp_path: Path) -> None:
    ctx = context(tmp_path, HUB)
    carry_out(ctx)
    last = {e.subject: (e.done, e.total) for e in ctx.events if isinstance(e, ev.Progress)}
    assert last == {path: (len(body), len(body)) for path, body in FILES.items()}


def test_include_and_exclude_are_part_of_what_is_complete(hub: StandInHub, tmp_path: Path) -> None:
    carry_out(context(tmp_path, HUB))
    narrower = context(tmp_path, replace(HUB, exclude=("tokenizer*",)))
    (change,) = s08_model.check(narrower).changes
    assert change.bytes == 0 and "2 files" in change.summary


def test_patterns_that_leave_no_weights_are_an_error(hub: StandInHub, tmp_path: Path) -> None:
    with pytest.raises(StageError) as failure:
        carry_out(context(tmp_path, replace(HUB, include=("*.json",))))
    assert "contains no weights" in failure.value.why and "include and exclude" in failure.value.fix


def test_a_file_that_lost_bytes_is_fetched_again(hub: StandInHub, tmp_path: Path) -> None:
    ctx = context(tmp_path, HUB)
    carry_out(ctx)
    broken = tmp_path / "models" / "maker--tiny@main" / "model.safetensors"
    broken.write_bytes(broken.read_bytes()[:-1])
    (change,) = s08_model.check(ctx).changes
    assert change.bytes == len(FILES["model.safetensors"])
    carry_out(ctx)
    assert s08_model.check(ctx).changes == () and broken.read_bytes() == FILES["model.safetensors"]


def test_a_failure_of_the_hub_is_told_in_its_words(hub: StandInHub, tmp_path: Path) -> None:
    hub.wrong["model.safetensors"] = bytes(len(FILES["model.safetensors"]))
    ctx = context(tmp_path, HUB)
    with pytest.raises(StageError) as failure:
        carry_out(ctx)
    assert failure.value.code == "hub-hash" and "model.safetensors" in failure.value.what
    assert models.chosen(ctx) is None


def test_a_disk_that_is_too_small_is_seen_before(hub: StandInHub, tmp_path: Path) -> None:
    hub.models[NAME].claimed_sizes["model.safetensors"] = 10**16
    check = s08_model.check(context(tmp_path, HUB))
    assert "free" in check.blocked and "DEPLOY_TUI_HOME" in check.fix


def test_a_folder_that_is_called_as_we_are_does_not_get_in_the_way(
    hub: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "installer").mkdir()
    (tmp_path / "installer" / "__init__.py").write_text("raise SystemExit('wrong one')")
    monkeypatch.chdir(tmp_path)
    carry_out(context(tmp_path / "home", HUB))


# --- stopping and taking back


def test_a_cancelled_download_is_kept_and_continued(hub: StandInHub, tmp_path: Path) -> None:
    hub.models[NAME].files["model.safetensors"] = big = weights(5_000_000)
    hub.hold_after["model.safetensors"] = 4_000_000
    ctx = context(tmp_path, HUB)

    def stop_once_something_is_on_the_disk() -> None:
        hub.held.wait(60)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and not any(
            file.stat().st_size for file in tmp_path.rglob("*.incomplete/*") if file.is_file()
        ):
            time.sleep(0.02)
        ctx.cancelled = True

    stopper = threading.Thread(target=stop_once_something_is_on_the_disk)
    stopper.start()
    with pytest.raises(Cancelled):
        carry_out(ctx)
    stopper.join()
    assert s08_model.rollback(ctx, ctx.deeds) == ()
    kept = [event.text for event in ctx.of(ev.Notice) if isinstance(event, ev.Notice)]
    assert kept and "continues there" in kept[-1]
    hub.hold_after.clear()
    hub.asked.clear()
    again = context(tmp_path, HUB, run="second")
    carry_out(again)
    assert (tmp_path / "models" / "maker--tiny@main" / "model.safetensors").read_bytes() == big
    (request,) = hub.downloads("model.safetensors")
    assert request.range is not None and int(request.range[6:-1]) > 0
    assert not (tmp_path / "models" / "maker--tiny@main" / models.INCOMPLETE).exists()


def test_what_this_run_fetched_is_deleted(hub: StandInHub, tmp_path: Path) -> None:
    ctx = context(tmp_path, HUB)
    carry_out(ctx)
    assert s08_model.rollback(ctx, ctx.deeds) == ()
    assert list((tmp_path / "models").iterdir()) == []


def test_what_another_run_fetched_stays(hub: StandInHub, tmp_path: Path) -> None:
    first = context(tmp_path, HUB, run="first")
    carry_out(first)
    assert s08_model.rollback(context(tmp_path, HUB, run="second"), first.deeds) == ()
    assert models.chosen(first) is not None


def test_a_folder_with_nothing_in_it_is_not_left_behind(hub: StandInHub, tmp_path: Path) -> None:
    ctx = context(tmp_path, HUB)
    changes = s08_model.check(ctx).changes
    close(hub)
    with pytest.raises(StageError) as failure:
        s08_model.apply(ctx, changes)
    assert failure.value.code == "hub-unreachable"
    assert s08_model.rollback(ctx, ctx.deeds) == ()
    assert list((tmp_path / "models").iterdir()) == []


# --- the next alternative


def test_a_hub_out_of_reach_leads_to_the_stand_in(hub: StandInHub, tmp_path: Path) -> None:
    close(hub)
    ctx = context(tmp_path, HUB, RANDOM)
    (change,) = s08_model.check(ctx).changes
    assert "random weights" in change.summary and f"{hub.url} cannot be reached" in change.summary
    assert s08_model.needs_environment(ctx) and s08_model.needs_environment(ctx, (change,))


def test_a_download_needs_no_environment(hub: StandInHub, tmp_path: Path) -> None:
    assert not s08_model.needs_environment(context(tmp_path, HUB, RANDOM))


def test_offline_the_hub_is_not_asked(hub: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = context(tmp_path, HUB, RANDOM)
    ctx.offline = True
    assert "working offline" in s08_model.check(ctx).changes[0].summary
    ctx.offline = False
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE is set" in s08_model.check(ctx).changes[0].summary
    assert hub.asked == []


def test_without_any_alternative_left_it_is_blocked(hub: StandInHub, tmp_path: Path) -> None:
    check = s08_model.check(context(tmp_path, replace(HUB, hub="maker/other")))
    assert "maker/other" in check.blocked and "HF_TOKEN" in check.fix


def test_a_revision_that_is_not_there_is_blocked(hub: StandInHub, tmp_path: Path) -> None:
    hub.models[NAME].revisions = ()
    assert "HTTP 404" in s08_model.check(context(tmp_path, HUB)).blocked


def test_the_stand_in_needs_an_environment(hub: StandInHub, tmp_path: Path) -> None:
    with pytest.raises(StageError) as failure:
        carry_out(context(tmp_path, RANDOM))
    assert "Run stages 2 to 7 first" in failure.value.fix


# --- tokens


def test_a_gated_model_without_a_token_names_its_page(hub: StandInHub, tmp_path: Path) -> None:
    hub.models[NAME].gated = True
    check = s08_model.check(context(tmp_path, HUB))
    assert "gated" in check.blocked and f"{hub.url}/{NAME}" in check.fix and "HF_TOKEN" in check.fix


def test_a_token_that_was_not_let_in_is_found_out_before(
    hub: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.models[NAME].gated = True
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    check = s08_model.check(context(tmp_path, HUB))
    assert "has no access" in check.blocked and f"{hub.url}/{NAME}" in check.fix


@pytest.mark.parametrize("kind", ["gated", "private"])
def test_a_token_opens_the_model_and_is_never_told(
    hub: StandInHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    setattr(hub.models[NAME], kind, True)
    hub.models[NAME].readers = (TOKEN,)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    ctx = context(tmp_path, HUB)
    changes = s08_model.check(ctx).changes
    assert changes[0].bytes == SIZE
    s08_model.apply(ctx, changes)
    assert models.chosen(ctx) is not None
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert TOKEN not in everything_said(ctx) and not any(TOKEN.encode() in content for content in written)


# --- a folder that is there


def local_model(folder: Path) -> ModelSource:
    folder.mkdir()
    for path, content in FILES.items():
        (folder / path).write_bytes(content)
    return ModelSource(path=str(folder))


def test_a_folder_is_used_where_it_is(tmp_path: Path) -> None:
    source = local_model(tmp_path / "mine")
    ctx = context(tmp_path / "home", source)
    assert s08_model.check(ctx).changes == ()
    assert models.chosen(ctx) == models.ChosenModel(tmp_path / "mine", False, str(tmp_path / "mine"))
    assert not (tmp_path / "home" / "models").exists()


def test_a_folder_without_one_of_its_shards_is_not_a_model(tmp_path: Path) -> None:
    source = local_model(tmp_path / "mine")
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / "mine" / "model.safetensors.index.json").write_text(json.dumps(index))
    check = s08_model.check(context(tmp_path / "home", source))
    assert "lacks model-2.safetensors" in check.blocked


def test_a_folder_that_is_not_there_leads_on(hub: StandInHub, tmp_path: Path) -> None:
    ctx = context(tmp_path / "home", ModelSource(path=str(tmp_path / "none")), HUB)
    check = s08_model.check(ctx)
    assert check.changes[0].bytes == SIZE and "is not a folder" in check.observed[0]


# --- names


@pytest.mark.parametrize("revision", ["../../etc", "/etc", "..", "a\\b", "refs/pr/1"])
def test_no_name_leaves_the_models_folder(tmp_path: Path, revision: str) -> None:
    home = Home(tmp_path)
    for source in (ModelSource(hub="a/b", revision=revision), ModelSource(hub=f"{revision}/b")):
        folder = models.folder(home, source)
        assert folder.parent == home.models and folder.resolve().parent == home.models.resolve()


def test_a_new_shape_is_a_new_folder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert models.folder(home, RANDOM) != models.folder(home, ModelSource(random=RandomModel(layers=3)))


def test_the_scripts_lie_beside_the_module() -> None:
    assert s08_model.SCRIPT.is_file()


# --- a stand-in, really made


@pytest.mark.real
def test_a_stand_in_is_made_and_is_the_same_each_time(tmp_path: Path, real_environment: Path) -> None:
    made = []
    for root in ("one", "two"):
        ctx = context(tmp_path / root, RANDOM)
        ctx.environment = real_environment
        carry_out(ctx)
        assert s08_model.check(ctx).changes == ()
        chosen = models.chosen(ctx)
        assert chosen is not None and chosen.stand_in
        made.append((chosen.folder / "model.safetensors").read_bytes())
        assert any("random weights" in notice for notice in ctx.noticed)
    assert made[0] == made[1]
