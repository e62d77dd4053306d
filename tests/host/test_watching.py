"""A real supervisor over a small real server that dies, freezes, or answers with errors: back, explained, none left."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from installer import cli
from installer.core.contracts.incident import Incident
from installer.core.contracts.serving import StartReport
from installer.core.contracts.watching import Deadlines, Watching
from installer.core.runs.home import Home
from installer.disk.rows import read_rows
from installer.host import deadlines, incidents, process_table, server_folder, serving
from installer.host.restarts import Restarts
from installer.host.server_state import read_state
from tests.host.test_supervisor import answers, ours, spec, until

QUICK = Watching(every_s=0.2, patience_s=1.0, pause_s=0.1, per_hour=50, counts={
    "requests": ("vllm:request_success_total",), "tokens": ("vllm:generation_tokens_total",),
})  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    serving.stop(home, 1)
    assert ours(home) == []


def served(home: Home, *flags: str, watching: Watching = QUICK, environment: Mapping[str, str] | None = None) -> int:
    """A server that is ready and watched; its process."""
    wanted = replace(spec(*flags), watching=watching, environment={"PYTHONFAULTHANDLER": "1", **(environment or {})})
    state = serving.launch(home, wanted, dict(os.environ))
    until(lambda: answers(state), "answered")
    serving.mark_ready(home, 1.0)
    return state.pid


def back(home: Home, pid: int) -> bool:
    state = read_state(home)
    return state.state == "ready" and state.pid not in (0, pid) and answers(state)


def only(home: Home) -> Incident:
    (found,) = incidents.all_of(home.server)
    return found


def test_a_server_that_is_killed_comes_back_and_what_explains_it_is_kept(home: Home) -> None:
    pid = served(home, "--children", "2", "--chatter", "3")
    until(lambda: len(read_state_processes(home)) == 3, "seen whole")
    os.kill(pid, signal.SIGKILL)
    until(lambda: back(home, pid), "back")
    found = only(home)
    assert (found.kind, found.exit_code, found.model) == ("died", -signal.SIGKILL, "tiny")
    assert "SIGKILL" in found.reason
    until(lambda: only(home).back_after_s is not None, "said how long it took")
    assert "loading part 2" in (home.server / "incidents" / found.id / "server.log").read_text()
    assert len(found.evidence["processes"]) == 2
    assert read_state(home).restarts == 1


def test_the_figures_of_a_restart_are_read_as_those_of_a_first_start(home: Home) -> None:
    kind = {"engine": "vllm", "release": "0.32.0", "gpu": "cpu", "family": "llama"}
    first = StartReport(
        {"weights": 3.0}, 46_592, 46_000, 270_000_000, 269_060_552, measured_starts=2,
        measured_as={**kind, "kv_tokens_formula": 45_000},
    )  # fmt: skip
    pid = served(home, "--says", "INFO 11-30 09:07:15 [kv_cache_utils.py:1] CPU KV cache size: 50,000 tokens")
    serving.mark_ready(home, 1.0, first)
    os.kill(pid, signal.SIGKILL)
    until(lambda: back(home, pid) and (report := read_state(home).report) and report.kv_tokens, "measured")

    report = read_state(home).report
    assert report is not None
    assert (report.kv_tokens, report.kv_tokens_foretold, report.measured_starts) == (50_000, 46_000, 2)
    assert report.weights_bytes is None, "it does not say"
    (row,) = read_rows(home.measured)
    assert {name: row[name] for name in kind} == kind
    assert (row["kv_tokens"], row["kv_tokens_formula"]) == (50_000, 45_000)


def test_a_restart_of_a_server_whose_start_was_not_measured_has_no_figures(home: Home) -> None:
    pid = served(home)
    os.kill(pid, signal.SIGKILL)
    until(lambda: back(home, pid), "back")
    assert read_state(home).report is None


def read_state_processes(home: Home) -> list[object]:
    return list((server_folder.read_json(home.server / server_folder.STATE) or {}).get("processes", ()))


def stop_between_requests(pid: int) -> None:
    """Stop it while its main thread is its only one: a thread that runs while the stacks are printed can end the print.

    CPython's fault handler walks through the frames of the others without holding the interpreter's lock.
    """

    def idle() -> bool:
        os.kill(pid, signal.SIGSTOP)
        until(lambda: stopped(pid), "stopped")
        if alone := len(list(Path(f"/proc/{pid}/task").iterdir())) == 1:
            return alone
        os.kill(pid, signal.SIGCONT)
        return False

    until(idle, "stopped between two requests")


def stopped(pid: int) -> bool:
    return "\nState:\tT" in Path(f"/proc/{pid}/status").read_text()


def test_a_server_that_is_stopped_froze(home: Home) -> None:
    pid = served(home)
    stop_between_requests(pid)
    until(lambda: back(home, pid), "back")
    found = only(home)
    assert found.kind == "frozen"
    assert "gave no answer within 1 s" in found.reason
    assert found.evidence["processes"][0]["state"].startswith("T")
    folder = home.server / "incidents" / found.id
    assert " in main" in (folder / "stacks.txt").read_text()
    assert "Fatal Python error" not in (folder / "server.log").read_text()
    assert process_table.one(pid) is None


def test_a_server_whose_health_is_well_and_that_answers_with_errors_is_started_again(home: Home) -> None:
    pid = served(home, "--broken-after", "3")
    until(lambda: any(found.kind == "refuses" for found in incidents.all_of(home.server)), "seen")
    assert "status 500" in incidents.all_of(home.server)[0].reason
    until(lambda: read_state(home).pid not in (0, pid), "started again")


@pytest.fixture
def gpus(home: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with two GPUs; which of them are lost is written into this file."""
    monkeypatch.setattr(serving, "SUPERVISOR", "tests.stand_ins.supervisor_with_gpus")
    (home.root / "lost").write_text("{}")
    return home.root / "lost"


@pytest.mark.parametrize("what", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize(("code", "words"), [(15, "GPU is lost"), (16, "GPU requires a reset")])
def test_a_server_whose_gpu_fell_off_the_bus_stays_down_and_says_why(
    home: Home, gpus: Path, capsys: pytest.CaptureFixture[str], what: signal.Signals, code: int, words: str
) -> None:
    """Its processes die, or hang in the driver; every further start would fail."""
    pid = served(home, environment={"CUDA_VISIBLE_DEVICES": "1"})
    gpus.write_text(json.dumps({"1": code}))
    os.kill(pid, what)
    until(lambda: read_state(home).state == "failed", "given up")
    state, found = read_state(home), only(home)
    assert (state.restarts, found.kind) == (0, "died" if what == signal.SIGKILL else "frozen")
    for reason in (state.reason, found.reason):
        assert f"NVML says: GPU 1: {words}." in reason
    assert found.done.startswith("It was not restarted: a GPU that it uses has to be reset")
    assert found.evidence["gpus"]["lost"] == [f"GPU 1: {words}"]
    assert cli.main(["explain", "--here", "--home", str(home.root)]) == 0
    told = capsys.readouterr().out
    assert f"GPU 1: {words}" in told
    assert ("A GPU fell off the bus" in told) is (code == 15)


@pytest.mark.parametrize("lost", [{}, {"0": 15}, {"1": 999}])
def test_a_gpu_of_others_or_one_that_only_cannot_be_asked_keeps_no_server_down(
    home: Home, gpus: Path, lost: dict[str, int]
) -> None:
    pid = served(home, environment={"CUDA_VISIBLE_DEVICES": "1"})
    gpus.write_text(json.dumps(lost))
    os.kill(pid, signal.SIGKILL)
    until(lambda: back(home, pid), "back")
    assert only(home).evidence["gpus"]["lost"] == []


@pytest.mark.parametrize("waits_s", [0.0, 600.0])
def test_the_part_that_died_is_the_cause_and_the_closed_port_what_followed(home: Home, waits_s: float) -> None:
    """As SGLang does: its parent reaps the part, closes the port, and is still there for a while."""
    pid = served(home, "--part-waits-s", str(waits_s))
    until(lambda: len(read_state_processes(home)) == 2, "seen whole")
    (part,) = process_table.descendants([pid], process_table.table())
    os.kill(part, signal.SIGKILL)
    until(lambda: back(home, pid), "back")
    found = only(home)
    assert found.kind == "died"
    assert f"(process {part}) was ended by SIGKILL (killed) while it served." in found.reason
    assert (found.deaths[0]["pid"], found.deaths[0]["code"]) == (part, -signal.SIGKILL)
    assert ("does not answer (Connection refused)" in found.reason) is (waits_s > 0)


def test_a_part_that_died_while_the_server_got_on_is_not_the_cause(home: Home) -> None:
    pid = served(home, "--children", "1")
    until(lambda: len(read_state_processes(home)) == 2, "seen whole")
    (part,) = process_table.descendants([pid], process_table.table())
    os.kill(part, signal.SIGKILL)
    until(lambda: read_state(home).deaths, "noted")
    log = home.server / server_folder.LOG
    asked = log.read_text().count("POST")
    until(lambda: log.read_text().count("POST") > asked + 2, "asked again")
    os.kill(pid, signal.SIGSTOP)
    until(lambda: back(home, pid), "back")
    assert only(home).kind == "frozen"
    assert f"Before that, {found_name(home)}" in only(home).reason


def found_name(home: Home) -> str:
    return str(only(home).deaths[0]["name"])


def test_a_busy_server_is_not_taken_for_a_frozen_one(home: Home) -> None:
    """It gives no token in time, and its own figures move."""
    pid = served(home, "--slow-s", "3", "--figures", "busy")
    log = home.server / server_folder.LOG
    until(lambda: log.read_text().count("GET /metrics") > 8, "asked several times")
    state = read_state(home)
    assert (state.state, state.pid, state.restarts) == ("ready", pid, 0)
    assert incidents.all_of(home.server) == []


def test_a_server_that_waits_for_its_compiler_is_not_taken_for_a_frozen_one(home: Home) -> None:
    pid = served(home, "--compiles-s", "6")
    log = home.server / server_folder.LOG
    until(lambda: log.read_text().count("POST") > 5, "asked before, meanwhile and after")
    assert (read_state(home).pid, read_state(home).restarts) == (pid, 0)


def test_off_by_one_word(home: Home) -> None:
    pid = served(home, watching=replace(QUICK, restart=False))
    os.kill(pid, signal.SIGSTOP)
    until(lambda: incidents.all_of(home.server), "seen")
    until(lambda: "It froze" in read_state(home).reason, "told")
    assert read_state(home).pid == pid
    os.kill(pid, signal.SIGCONT)
    until(lambda: read_state(home).reason == "", "well again")
    os.kill(pid, signal.SIGKILL)
    until(lambda: read_state(home).state == "failed", "down")
    assert "server.restart: off" in read_state(home).reason
    assert len(incidents.all_of(home.server)) == 2


def pipes(pid: int) -> int:
    """How many ends of pipes a process holds."""
    return sum(os.readlink(one).startswith("pipe:") for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink())


def test_it_stays_down_after_so_many_falls(home: Home) -> None:
    pid = served(home, watching=replace(QUICK, per_hour=2))
    before = pipes(read_state(home).supervisor)
    for _ in range(2):
        os.kill(pid, signal.SIGKILL)
        until(lambda last=pid: back(home, last), "back")
        pid = read_state(home).pid
    until(lambda: pipes(read_state(home).supervisor) == before, "as few pipes as in its first life")
    os.kill(pid, signal.SIGKILL)
    until(lambda: read_state(home).state == "failed", "down")
    assert "it failed 3 times within an hour" in read_state(home).reason
    until(lambda: not server_folder.held(home.server), "gone")


def test_the_pause_grows_up_to_its_bound(tmp_path: Path) -> None:
    falls = Restarts(tmp_path, Watching(pause_s=5, longest_pause_s=60, per_hour=100))
    pauses = []
    for _ in range(7):
        assert falls.count()
        pauses.append(falls.pause_s)
    assert pauses == [5, 10, 20, 40, 60, 60, 60]


def test_a_stop_while_it_pauses_is_heeded_and_told(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    pid = served(home, watching=replace(QUICK, pause_s=60))
    os.kill(pid, signal.SIGKILL)
    until(lambda: "restarted in" in read_state(home).reason, "paused")
    assert (read_state(home).state, read_state(home).pid) == ("starting", 0)
    assert cli.main(["server", "stop", "--home", str(home.root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "stopped": True}
    assert read_state(home).state == "stopped"
    assert cli.main(["server", "stop", "--home", str(home.root)]) == 0
    assert "No server is running." in capsys.readouterr().err


def supervisor(home: Home) -> int:
    return int((server_folder.read_json(home.server / server_folder.STATE) or {})["supervisor"])


def sooner(home: Home, wanted: Deadlines) -> None:
    """Its end is to come at once, however long it took to come this far."""
    deadlines.keep(home.server, wanted)
    os.kill(supervisor(home), signal.SIGCHLD)  # so that it looks now


def test_its_time_is_over(home: Home, tmp_path: Path) -> None:
    told = tmp_path / "told"
    wanted = Deadlines(stop_after_s=600.0, then=("touch", str(told)))
    deadlines.keep(home.server, wanted)
    served(home, "--children", "1")
    assert read_state(home).ends_at is not None
    sooner(home, replace(wanted, stop_after_s=0.1))
    until(lambda: read_state(home).state == "stopped" and told.exists(), "ended")
    until(lambda: "exit status 0" in read_state(home).reason, "said so")
    assert "--stop-after" in read_state(home).reason
    assert ours(home) == []


def test_what_is_to_follow_its_time_does_so_where_it_is_down_for_good(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, secret = tmp_path / "told", "rpa_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCD"
    monkeypatch.setenv("RUNPOD_API_KEY", secret)  # by which a provider's own program is let in
    wanted = Deadlines(stop_after_s=600.0, then=("sh", "-c", f'echo {secret}; printf %s "$RUNPOD_API_KEY" > {told}'))
    deadlines.keep(home.server, wanted)
    os.kill(served(home, watching=replace(QUICK, per_hour=0)), signal.SIGKILL)
    until(lambda: "The command of --then runs in" in read_state(home).reason, "told")
    assert read_state(home).state == "failed"
    assert secret.encode() not in Path(f"/proc/{supervisor(home)}/environ").read_bytes()
    sooner(home, replace(wanted, stop_after_s=0.1))
    until(lambda: "exit status 0" in read_state(home).reason, "run")
    assert told.read_text() == secret
    assert secret not in (home.server / server_folder.STATE).read_text()
    until(lambda: not server_folder.held(home.server), "gone")


def test_a_server_that_is_down_for_good_is_stopped_or_started_anew(home: Home) -> None:
    deadlines.keep(home.server, Deadlines(stop_after_s=600.0, then=("true",)))
    for how in (lambda: serving.stop(home).ran, lambda: served(home)):
        os.kill(served(home, watching=replace(QUICK, per_hour=0)), signal.SIGKILL)
        until(lambda: "The command of --then runs in" in read_state(home).reason, "down")
        assert how()
    assert read_state(home).state == "ready"


def test_nobody_uses_it_and_our_own_questions_do_not_count(home: Home) -> None:
    deadlines.keep(home.server, Deadlines(idle_stop_s=600.0))
    served(home, "--figures", "true")
    state = read_state(home)
    until(lambda: read_state(home).idle_ends_at is not None, "counted")
    for _ in range(3):
        assert answers(state)
    sooner(home, Deadlines(idle_stop_s=1.0))
    until(lambda: read_state(home).state == "stopped", "ended")
    assert "It was idle" in read_state(home).reason


def test_without_figures_nobody_knows_whether_it_is_used(home: Home) -> None:
    deadlines.keep(home.server, Deadlines(idle_stop_s=0.5))
    served(home)
    until(lambda: read_state(home).idle_unknown, "told")
    assert read_state(home).running
