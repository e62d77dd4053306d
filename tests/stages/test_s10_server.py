"""Stage 10 against a real small server process: ready, proven, replaced, taken back, and every way it can fail."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from installer.core.contracts.stage import ChangeKind, LeftoverKind
from installer.core.errors import Cancelled, StageError
from installer.core.machine.facts import MachineFacts
from installer.core.recipes.recipe import Model, ModelSource, RandomModel, Recipe, Server
from installer.core.runs import events as ev
from installer.host import process_table, server_folder, serving
from stages import models, s10_server, server_start
from stages.endpoints import ENDPOINTS
from tests.stand_ins.context import RecordingContext
from tests.stand_ins.patience import PATIENCE_S

STAND_INS = Path(__file__).parent.parent / "stand_ins"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def recipe(**flags: Any) -> Recipe:
    """A recipe whose engine is the small server, told by `flags` how to behave."""
    named = {f"--{name.replace('_', '-')}": value for name, value in flags.items()}
    server = Server(
        "openai_server", port=free_port(), start_timeout_s=30, stop_timeout_s=1,
        flags={"--model": "{model}", "--served-model-name": "{served_as}", "--port": "{port}", **named},
        environment={"PYTHONPATH": str(STAND_INS)},
    )  # fmt: skip
    return Recipe("small", "Small", "vllm", Model("tiny", (ModelSource(random=RandomModel()),)), server)


class Lab:
    """One home with an environment and a model; any number of runs of stage 10 on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.contexts: list[RecordingContext] = []
        generation = root / "generations" / "0003"
        (generation / "bin").mkdir(parents=True)
        (generation / "bin" / "python").symlink_to(sys.executable)
        (root / "current").symlink_to(generation)

    def context(self, wanted: Recipe, **options: Any) -> RecordingContext:
        ctx = RecordingContext(wanted, self.root, stage=10, **options)
        self.contexts.append(ctx)
        for source in wanted.model.alternatives:
            folder = models.folder(ctx.home, source)
            folder.mkdir(parents=True, exist_ok=True)
            models.write_manifest(folder, source, [], run=None)
        return ctx

    def applied(self, wanted: Recipe) -> RecordingContext:
        ctx = self.context(wanted)
        s10_server.apply(ctx, s10_server.check(ctx).changes)
        return ctx

    def processes(self) -> list[str]:
        processes = process_table.table()
        found = process_table.marked(f"{server_folder.MARKER}={self.root}", processes)
        return [str(processes[pid]) for pid in found if processes[pid].alive]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setattr(server_start, "_POLL_S", 0.05)
    monkeypatch.setattr(server_start, "_PROBE_S", 0.5)
    lab = Lab(tmp_path)
    yield lab
    for ctx in lab.contexts:
        serving.stop(ctx.home, 1)
    assert lab.processes() == []


def proofs(ctx: RecordingContext) -> list[Any]:
    return ctx.of(ev.ServerReady)


def test_elsewhere_it_cannot_be_known(lab: Lab) -> None:
    ctx = lab.context(recipe(), facts=MachineFacts("a40-pod"))
    assert "a40-pod" in s10_server.check(ctx).unknown


def test_without_environment_or_model_there_is_only_a_plan(lab: Lab) -> None:
    ctx = lab.context(recipe())
    ctx.environment = None
    (change,) = s10_server.check(ctx).changes
    assert (change.summary, change.command) == (f"start vllm on 127.0.0.1:{ctx.recipe.server.port}", ())
    with pytest.raises(StageError, match="Nothing is deployed"):
        s10_server.apply(ctx, (change,))


def test_starts_waits_and_proves(lab: Lab) -> None:
    ctx = lab.applied(recipe(start_s=0.2, warm_s=0.3, chatter=3))
    (ready,) = proofs(ctx)
    assert (ready.url, ready.model) == (f"http://127.0.0.1:{ctx.recipe.server.port}", "tiny")
    assert ready.answer == "The stand-in answers."
    assert json.loads(ready.structured) == {"language": "English", "is_question": True}
    assert ready.ready_seconds >= 0.5
    assert ready.first_token_ms > 0
    assert ready.stand_in is True
    state = ctx.host.server_state(ctx.home)
    assert (state.state, state.pid, state.generation) == ("ready", ready.pid, 3)
    assert [line for line in ctx.printed if line.startswith("loading")] == [f"loading part {n}" for n in range(3)]
    assert [event.what for event in ctx.of(ev.Deed)] == ["server-started"]  # type: ignore[attr-defined]


def test_every_endpoint_that_the_recipe_names_is_tried(lab: Lab) -> None:
    wanted = recipe()
    wanted = replace(wanted, server=replace(wanted.server, endpoints=tuple(ENDPOINTS)))

    ctx = lab.applied(wanted)

    told = "\n".join(ctx.printed)
    assert [name for name in ENDPOINTS if f"answers ({name})" in told] == list(ENDPOINTS)
    while "POST /v1/completions" not in serving.tail(ctx.home):  # what it printed is in its log in a moment
        ctx.host.pause(0.02)


def test_an_endpoint_that_does_not_answer_as_it_should_ends_the_server(lab: Lab) -> None:
    wanted = recipe(no_limit=True)
    wanted = replace(wanted, server=replace(wanted.server, endpoints=("health", "generate")))

    with pytest.raises(StageError, match=r"/generate does not answer .*\(generate\)"):
        lab.applied(wanted)

    assert not lab.contexts[-1].host.server_state(lab.contexts[-1].home).running


def test_the_second_time_nothing_is_to_be_done(lab: Lab) -> None:
    first = lab.applied(recipe())
    again = s10_server.check(lab.context(first.recipe))
    assert again.changes == ()
    assert "a stand-in with random weights" in again.observed[0]


def test_the_curl_line_repeats_the_answer_in_a_shell(lab: Lab) -> None:
    (ready,) = proofs(lab.applied(recipe()))
    said = subprocess.run(["bash", "-c", ready.curl], capture_output=True, check=True, text=True).stdout
    assert json.loads(said)["choices"][0]["message"]["content"] == ready.answer


def test_an_engine_without_schemas_is_not_asked_for_one(lab: Lab) -> None:
    wanted = recipe(no_schema=True)
    wanted = replace(wanted, server=replace(wanted.server, structured_output=False))
    assert proofs(lab.applied(wanted))[0].structured is None


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_health_and_models_are_not_believed(lab: Lab, engine: str) -> None:
    wanted = replace(recipe(never_ready=True), engine_name=engine)
    wanted = replace(wanted, server=replace(wanted.server, start_timeout_s=1))
    with pytest.raises(StageError, match=r"not ready within 1\.0 s") as failure:
        lab.applied(wanted)
    assert "HTTP 503" in failure.value.why
    assert "server.start_timeout_s=2" in failure.value.fix
    assert lab.processes() == []


def test_a_death_while_starting_is_told_with_its_cause(lab: Lab) -> None:
    with pytest.raises(StageError, match="exit status 1") as failure:
        lab.applied(recipe(die="no room for the cache", runaways=1))
    assert "ValueError: no room for the cache" in failure.value.why
    assert "destroy_process_group" not in failure.value.why
    assert lab.processes() == []
    assert lab.contexts[0].host.server_state(lab.contexts[0].home).state == "failed"


@pytest.mark.parametrize(
    ("misbehaviour", "words"),
    [({"no_schema": True}, "JSON of a given schema"), ({"served_model_name": "other"}, "does not generate")],
)
def test_a_server_that_fails_its_proof_is_stopped(lab: Lab, misbehaviour: dict[str, Any], words: str) -> None:
    with pytest.raises(StageError, match=words):
        lab.applied(recipe(**misbehaviour))
    assert lab.processes() == []


def test_a_worker_that_dies_at_the_first_token_is_named(lab: Lab) -> None:
    """The server reaps it, complains that something was cancelled, and ends with status 0."""
    with pytest.raises(StageError) as failure:
        lab.applied(recipe(worker_dies=4, start_s=1.5))
    told = failure.value
    assert "was ended by SIGILL (illegal instruction) at its first token" in told.what
    assert "Fatal Python error: Illegal instruction" in told.why and "cancelled" not in told.why
    assert lab.processes() == []


def test_what_followed_a_death_is_not_told_as_its_reason(lab: Lab) -> None:
    """A killed process says nothing itself."""
    with pytest.raises(StageError) as failure:
        lab.applied(recipe(worker_dies=9, start_s=1.5))
    assert "was ended by SIGKILL" in failure.value.what
    assert failure.value.why.startswith("Its log afterwards:")


def test_a_server_that_stays_without_its_worker_is_ended(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_start, "_ALONE_S", 0.0)
    with pytest.raises(StageError) as failure:
        lab.applied(recipe(worker_dies=11, lonely=True, start_s=1.5))
    assert failure.value.what.startswith("A process of the server died, and the others are waiting for it.")
    assert "was ended by SIGSEGV (segmentation fault) at its first token" in failure.value.what


def test_a_model_that_reasons_is_asked_for_its_form_without_reasoning(lab: Lab) -> None:
    (ready,) = proofs(lab.applied(recipe(reasoning_parser="qwen3", fault="reasons-on")))
    assert json.loads(ready.structured) == {"language": "English", "is_question": True}


def test_one_that_always_reasons_is_kept_and_its_form_not_tested(lab: Lab) -> None:
    ctx = lab.applied(recipe(reasoning_parser="qwen3", fault="always-reasons"))
    (ready,) = proofs(ctx)
    assert ready.structured == ""
    assert any("schema was not tested" in notice.text for notice in ctx.of(ev.Notice))


def test_silence_is_an_answer_of_random_weights_only(lab: Lab, tmp_path: Path) -> None:
    assert proofs(lab.applied(replace_structured(recipe(empty=True))))[0].answer == ""
    real = tmp_path / "real"
    real.mkdir()
    for name in ("config.json", "model.safetensors"):
        (real / name).touch()
    wanted = replace_structured(recipe(empty=True))
    wanted = replace(wanted, model=Model("tiny", (ModelSource(path=str(real)),)))
    ctx = RecordingContext(wanted, lab.root, stage=10)
    with pytest.raises(StageError, match="did not answer a chat request"):
        s10_server.apply(ctx, s10_server.check(ctx).changes)


def replace_structured(wanted: Recipe) -> Recipe:
    return replace(wanted, server=replace(wanted.server, structured_output=False))


def test_a_taken_port_is_told_before_anything_starts(lab: Lab) -> None:
    ctx = lab.context(recipe())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ctx.recipe.server.port))
        taken.listen()
        check = s10_server.check(ctx)
        with pytest.raises(StageError, match=rf"taken by {os.getpid()} ") as failure:
            s10_server.apply(ctx, ())
    assert f"taken by {os.getpid()} " in check.blocked
    assert check.fix == failure.value.fix
    assert "--set server.port=" in check.fix
    assert ctx.of(ev.Deed) == []


def test_other_settings_replace_the_server(lab: Lab) -> None:
    first = lab.applied(recipe())
    old = first.host.server_state(first.home)
    environment = {**first.recipe.server.environment, "MORE": "1"}
    wanted = replace(first.recipe, server=replace(first.recipe.server, environment=environment))
    ctx = lab.context(wanted)
    changes = s10_server.check(ctx).changes
    assert changes[0].summary == "stop the running server: it has other settings"
    s10_server.apply(ctx, changes)
    assert f"{old.pid} " not in "\n".join(lab.processes())
    assert s10_server.check(ctx).changes == ()
    assert [event.what for event in ctx.of(ev.Deed)] == ["server-stopped", "server-started"]  # type: ignore[attr-defined]


def test_a_renewal_replaces_the_server_once(lab: Lab) -> None:
    first = lab.applied(recipe())
    pid = first.host.server_state(first.home).pid
    serving.request_restart(first.home)
    ctx = lab.context(first.recipe)
    changes = s10_server.check(ctx).changes
    assert changes[0].summary == "stop the running server: a restart was requested"
    s10_server.apply(ctx, changes)
    assert ctx.host.server_state(ctx.home).pid != pid
    assert [event.what for event in ctx.of(ev.Deed)] == ["server-stopped", "server-started"]  # type: ignore[attr-defined]
    assert s10_server.check(ctx).changes == ()


def test_a_server_that_hangs_is_replaced(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s10_server, "_NOW_S", 0.3)
    first = lab.applied(recipe())
    pid = first.host.server_state(first.home).pid
    os.kill(pid, 19)
    ctx = lab.context(first.recipe)
    changes = s10_server.check(ctx).changes
    assert len(changes) == 2
    monkeypatch.undo()
    s10_server.apply(ctx, changes)
    assert ctx.host.server_state(ctx.home).pid != pid


def test_rollback_stops_what_the_run_started(lab: Lab) -> None:
    ctx = lab.applied(recipe(runaways=1))
    assert s10_server.rollback(ctx, ctx.deeds) == ()
    assert lab.processes() == []
    assert s10_server.rollback(ctx, ctx.deeds) == ()


def test_rollback_brings_back_the_server_that_ran_before(lab: Lab) -> None:
    first = lab.applied(recipe())
    broken = replace(recipe(die="new settings do not work"), name="broken")
    ctx = lab.context(broken)
    with pytest.raises(StageError):
        s10_server.apply(ctx, s10_server.check(ctx).changes)
    assert lab.processes() == []
    assert s10_server.rollback(ctx, ctx.deeds) == ()
    assert s10_server.check(lab.context(first.recipe)).changes == ()
    assert first.host.server_state(first.home).state == "ready"


def restarting(first: RecordingContext) -> None:
    """Its server died, and its supervisor is about to start it again."""
    os.kill(first.host.server_state(first.home).pid, 9)
    deadline = time.monotonic() + PATIENCE_S
    while first.host.server_state(first.home).ready:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_rollback_brings_back_a_server_that_was_being_restarted(lab: Lab) -> None:
    first = lab.applied(recipe())
    restarting(first)
    ctx = lab.context(replace(recipe(die="new settings do not work"), name="broken"))
    with pytest.raises(StageError):
        s10_server.apply(ctx, s10_server.check(ctx).changes)
    assert s10_server.rollback(ctx, ctx.deeds) == ()
    assert first.host.server_state(first.home).state == "ready"
    assert s10_server.check(lab.context(first.recipe)).changes == ()


def test_who_stops_waiting_for_a_server_that_is_being_restarted_does_not_stop_it(lab: Lab) -> None:
    first = lab.applied(recipe())
    restarting(first)
    ctx = lab.context(first.recipe)
    deadline = time.monotonic() + PATIENCE_S
    while not s10_server._is_starting(state := ctx.host.server_state(ctx.home), s10_server.launch(ctx)):
        assert time.monotonic() < deadline, state
        time.sleep(0.01)
    ctx.cancelled = True
    with pytest.raises(Cancelled):
        s10_server.apply(ctx, s10_server.check(ctx).changes)
    ctx.cancelled = False
    assert s10_server.rollback(ctx, ctx.deeds) == ()
    assert first.host.server_state(first.home).state == "ready"


def test_a_server_that_is_stopped_meanwhile_is_not_brought_back(lab: Lab) -> None:
    first = lab.applied(recipe(stubborn=True))
    state = first.host.server_state(first.home)
    os.kill(state.supervisor, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_S
    while first.host.server_state(first.home).wanted:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    ctx = lab.context(recipe())
    s10_server.apply(ctx, s10_server.check(ctx).changes)
    assert [event.what for event in ctx.of(ev.Deed)] == ["server-started"]  # type: ignore[attr-defined]


def test_rollback_leaves_a_server_alone_that_somebody_started_since(lab: Lab) -> None:
    ctx = lab.applied(recipe())
    serving.stop(ctx.home)
    other = lab.applied(recipe())
    assert s10_server.rollback(ctx, ctx.deeds) == ()
    assert s10_server.check(other).changes == ()


def test_what_cannot_be_brought_back_is_told(lab: Lab) -> None:
    first = lab.applied(recipe())
    ctx = lab.context(recipe(die="x"))
    with pytest.raises(StageError):
        s10_server.apply(ctx, s10_server.check(ctx).changes)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first.recipe.server.port))
        taken.listen()
        (left,) = s10_server.rollback(ctx, ctx.deeds)
    assert left.kind == LeftoverKind.SERVER and "could not be restarted" in left.text
    assert lab.processes() == []


def test_cancelling_ends_the_server_that_is_starting(lab: Lab) -> None:
    ctx = lab.context(recipe(never_ready=True, children=1, runaways=1))
    seen: list[int] = []

    def cancel(event: ev.Event) -> None:
        ctx.events.append(event)
        ctx.cancelled = isinstance(event, ev.OutputLine)
        seen.extend(len(lab.processes()) for _ in [0] if ctx.cancelled)

    ctx.emit = cancel
    with pytest.raises(Cancelled):
        s10_server.apply(ctx, s10_server.check(ctx).changes)
    assert seen[0] >= 3
    assert lab.processes() == []
    assert s10_server.rollback(ctx, ctx.deeds) == ()


def test_a_rollback_that_is_cut_short_leaves_the_old_server_starting(lab: Lab) -> None:
    first = lab.applied(recipe(warm_s=1.0))
    ctx = lab.context(recipe(never_ready=True))

    def cancel(event: ev.Event) -> None:
        ctx.cancelled = ctx.cancelled or isinstance(event, ev.OutputLine)

    ctx.emit = cancel
    with pytest.raises(Cancelled):
        s10_server.apply(ctx, s10_server.check(ctx).changes)
    assert s10_server.rollback(ctx, ctx.deeds) == ()
    pid = ctx.host.server_state(ctx.home).pid
    later = lab.applied(first.recipe)
    assert proofs(later)[0].pid == pid
    assert s10_server.check(later).changes == ()


def test_a_running_server_says_when_it_will_be_watched_otherwise(lab: Lab) -> None:
    first = lab.applied(recipe())
    assert len(s10_server.check(first).observed) == 1
    other = replace(first.recipe, server=replace(first.recipe.server, restart="off"))
    seen = s10_server.check(lab.context(other))
    assert seen.changes == () and "server restart" in seen.observed[1]


def test_orphans_of_a_dead_server_are_cleared_away_first(lab: Lab) -> None:
    first = lab.applied(recipe(children=1))
    state = first.host.server_state(first.home)
    os.kill(state.supervisor, 9)
    os.kill(state.pid, 9)
    deadline = time.monotonic() + PATIENCE_S
    while not first.host.server_state(first.home).leftovers:
        assert time.monotonic() < deadline
    ctx = lab.context(first.recipe)
    changes = s10_server.check(ctx).changes
    assert changes[0].kind == ChangeKind.STOP_SERVER
    s10_server.apply(ctx, changes)
    assert s10_server.check(ctx).changes == ()


def test_what_is_waited_for_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_start, "_TELL_S", 0.2)
    ctx = lab.applied(recipe(start_s=1.0, warm_s=1.0))
    assert any("nothing listens on port" in text for text in ctx.noticed)
    assert any("HTTP 503" in text for text in ctx.noticed)


def test_a_model_that_only_embeds_is_ready_when_it_has_embedded_a_text(lab: Lab) -> None:
    ctx = lab.applied(recipe(runner="pooling", warm_s=0.3, fault="no-text"))
    (ready,) = proofs(ctx)
    assert ready.answer == "3 numbers for a text" and ready.structured is None
    assert "/v1/embeddings" in ready.curl
    done = subprocess.run(shlex.split(ready.curl), capture_output=True, text=True, check=True)
    assert len(json.loads(done.stdout)["data"][0]["embedding"]) == 3
    assert ctx.host.server_state(ctx.home).state == "ready"
    assert any("1 of 1 promises proved" in line for line in ctx.noticed)
