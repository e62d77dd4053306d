"""A real supervisor over a real small server: what it writes down, and that nothing is left when it goes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.contracts.serving import LaunchSpec, ServerState
from installer.core.errors import DeployError
from installer.core.runs.home import Home
from installer.host import http_client, process_table, scratch, server_folder, server_log, serving
from installer.host.ports import port_owner
from installer.host.server_state import read_state
from tests.core.secrets import planted
from tests.stand_ins.patience import PATIENCE_S

SERVER = Path(__file__).parent.parent / "stand_ins" / "openai_server.py"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def spec(*flags: str, stop_timeout_s: int = 5) -> LaunchSpec:
    port = free_port()
    return LaunchSpec(
        command=(sys.executable, str(SERVER), "--port", str(port), *flags), host="127.0.0.1", port=port, model="/m",
        served_as="tiny", recipe="test", engine="vllm", environment={"GREETING": "hello"}, generation=7,
        stop_timeout_s=stop_timeout_s,
    )  # fmt: skip


def ours(home: Home) -> list[str]:
    """Every living process of this home's server, found by its mark alone."""
    processes = process_table.table()
    found = process_table.marked(f"{server_folder.MARKER}={home.root}", processes)
    return [str(processes[pid]) for pid in found if processes[pid].alive]


def until(condition: object, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"never {what}"
        time.sleep(0.02)


def answers(state: ServerState) -> bool:
    body = {"model": "tiny", "prompt": "Hello", "max_tokens": 1}
    return http_client.post(f"{state.url}/v1/completions", body, timeout_s=2).ok


def launched(home: Home, *flags: str, **options: int) -> ServerState:
    state = serving.launch(home, spec(*flags, **options), dict(os.environ))
    until(lambda: answers(state), "answered")
    return state


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    serving.stop(home, 1)
    assert ours(home) == []


def test_a_home_without_a_server_is_stopped(home: Home) -> None:
    assert read_state(home) == ServerState()
    assert serving.stop(home).ran is False


def test_starts_answers_and_stops(home: Home) -> None:
    state = launched(home)
    assert state.state == "starting"
    assert process_table.one(state.pid).session == state.pid  # type: ignore[union-attr]
    ready = serving.mark_ready(home, 1.5)
    assert (ready.state, ready.ready_seconds, ready.launch.generation) == ("ready", 1.5, 7)  # type: ignore[union-attr]
    report = serving.stop(home)
    assert report.stopped and report.ran and not report.leftovers
    after = read_state(home)
    assert (after.state, after.pid, after.reason) == ("stopped", 0, "Stopped when asked.")


def test_the_supervisor_is_small_and_deaf_to_us(home: Home) -> None:
    state = launched(home)
    supervisor = process_table.one(state.supervisor)
    assert supervisor is not None
    assert supervisor.session not in (os.getsid(0), state.pid)
    status = Path(f"/proc/{state.supervisor}/status").read_text()
    # Its own memory. How much of Python's shared library the kernel maps beside it (5 to 8 MiB, the same pages for
    # every Python there) differs by file system and is no cost of one more supervisor.
    own_kib = int(status.split("RssAnon:")[1].split()[0])
    assert own_kib < 12 * 1024


def test_a_second_server_is_refused(home: Home) -> None:
    first = launched(home)
    with pytest.raises(DeployError, match="running already"):
        serving.launch(home, spec(), {})
    assert read_state(home).pid == first.pid


def test_stop_ends_children_that_refuse_and_those_that_ran_away(home: Home) -> None:
    launched(home, "--children", "2", "--runaways", "2")
    assert len(ours(home)) == 5
    assert serving.stop(home).stopped
    assert ours(home) == []


def test_a_server_that_ignores_the_request_is_killed(home: Home) -> None:
    launched(home, "--stubborn", "--children", "1", stop_timeout_s=0)
    assert serving.stop(home).stopped
    assert "was killed" in read_state(home).reason


def test_sigkill_after_our_own_request_is_a_graceful_stop(home: Home) -> None:
    launched(home, "--graceful-kill")
    serving.stop(home)
    state = read_state(home)
    assert (state.state, state.exit_code, state.reason) == ("stopped", -signal.SIGKILL, "Stopped when asked.")


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (("--die", "no room"), 1, "exit status 1"),
        (("--die-by", "9"), -signal.SIGKILL, "SIGKILL"),
        (("--die-by", "11"), -signal.SIGSEGV, "SIGSEGV"),
    ],
)
def test_a_death_is_named_and_leaves_nothing(home: Home, flags: tuple[str, ...], code: int, words: str) -> None:
    serving.launch(home, spec("--runaways", "1", "--children", "1", *flags), dict(os.environ))
    until(lambda: not server_folder.held(home.server), "gone")
    state = read_state(home)
    assert (state.state, state.exit_code) == ("failed", code)
    assert words in state.reason
    assert ours(home) == []


def test_the_death_of_a_worker_is_the_reason_and_not_what_followed(home: Home) -> None:
    """Another process reaps the worker, and the server itself ends with status 0."""
    state = serving.launch(home, spec("--worker-dies", "4"), dict(os.environ))
    until(lambda: len(noted(home)) == 2, "noted its worker")
    until(lambda: not server_folder.held(home.server) or not answers(state), "gone")
    until(lambda: read_state(home).state == "failed", "told")
    state = read_state(home)
    (death,) = state.deaths
    assert (death.code, death.moment, state.exit_code) == (-signal.SIGILL, "first token", 0)
    assert f"(process {death.pid}) was ended by SIGILL (illegal instruction) at its first token." in state.reason
    assert state.reason.index("SIGILL") < state.reason.index("exit status 0")


def test_a_worker_that_dies_while_serving(home: Home) -> None:
    state = launched(home, "--children", "1")
    serving.mark_ready(home, 1.0)
    child = next(pid for pid in process_table.descendants([state.pid], process_table.table()))
    until(lambda: child in noted(home), "noted")
    os.kill(child, signal.SIGSEGV)
    until(lambda: read_state(home).deaths, "told of it")
    (death,) = read_state(home).deaths
    assert (death.pid, death.code, death.moment) == (child, -signal.SIGSEGV, "serving")
    state = read_state(home)
    assert state.running and "was ended by SIGSEGV (segmentation fault) while it served" in state.reason


def noted(home: Home) -> list[int]:
    return [pid for pid, _ in (server_folder.read_json(home.server / server_folder.STATE) or {}).get("processes", ())]


def test_what_we_end_ourselves_is_no_death(home: Home) -> None:
    launched(home, "--children", "2", "--stubborn", stop_timeout_s=0)
    serving.stop(home)
    assert read_state(home).deaths == ()


def test_a_command_that_cannot_run_is_a_death_too(home: Home) -> None:
    broken = LaunchSpec(("/nonexistent/python",), "127.0.0.1", free_port(), "/m", "tiny", "test", "vllm")
    serving.launch(home, broken, {})
    until(lambda: read_state(home).state == "failed", "failed")
    assert read_state(home).exit_code == 127
    assert serving.tail(home, 5) == ["/nonexistent/python: No such file or directory"]


def test_without_its_supervisor_the_server_is_still_known_and_stopped(home: Home) -> None:
    state = launched(home, "--children", "1", "--runaways", "1")
    serving.mark_ready(home, 1.0)
    os.kill(state.supervisor, signal.SIGKILL)
    until(lambda: not server_folder.held(home.server), "killed")
    orphaned = read_state(home)
    assert (orphaned.state, orphaned.pid, orphaned.supervisor) == ("ready", state.pid, 0)
    with pytest.raises(DeployError, match="running already"):
        serving.launch(home, spec(), {})
    assert serving.stop(home).stopped
    assert ours(home) == []
    assert read_state(home).state == "stopped"


def test_without_supervisor_and_server_what_they_left_is_found(home: Home) -> None:
    state = launched(home, "--children", "1", "--runaways", "1")
    os.kill(state.supervisor, signal.SIGKILL)
    os.kill(state.pid, signal.SIGKILL)
    until(lambda: read_state(home).state == "failed", "noticed")
    assert "left 2 processes" in read_state(home).reason
    assert serving.stop(home).stopped
    assert ours(home) == []


def test_processes_that_lost_their_mark_are_found_by_their_session(home: Home) -> None:
    """vLLM's engine core overwrites its environment with its title."""
    state = launched(home, "--unmarked", "1")

    def in_session() -> list[int]:
        return [p.pid for p in process_table.table().values() if p.session == state.pid and p.alive]

    assert len(in_session()) == 2
    os.kill(state.supervisor, signal.SIGKILL)
    os.kill(state.pid, signal.SIGKILL)
    until(lambda: read_state(home).leftovers, "noticed")
    assert serving.stop(home).stopped
    assert in_session() == []


def test_a_supervisor_that_hangs_is_ended_with_the_rest(home: Home) -> None:
    state = launched(home, "--children", "1")
    os.kill(state.supervisor, signal.SIGSTOP)
    assert serving.stop(home, timeout_s=0.2).stopped
    assert ours(home) == []
    assert not server_folder.held(home.server)


def test_what_another_boot_wrote_down_means_nothing(home: Home) -> None:
    state = launched(home)
    serving.stop(home)
    bystander = os.getpid()
    body = server_folder.read_json(home.server / server_folder.STATE)
    assert body is not None
    started = process_table.one(bystander).started  # type: ignore[union-attr]
    stale = {
        **body,
        "state": "ready",
        "pid": bystander,
        "started": started,
        "session": os.getsid(0),
        "namespace": "other",
    }
    server_folder.write_json(home.server / server_folder.STATE, stale)
    assert read_state(home).state == "stopped"
    assert serving.stop(home).ran is False
    assert state.pid != bystander


def test_a_pid_that_was_given_to_somebody_else_is_left_alone(home: Home) -> None:
    home.server.mkdir()
    bystander = os.getpid()
    stale = {
        "state": "ready", "pid": bystander, "started": 1, "session": os.getsid(0), "supervisor": bystander,
        "supervisor_started": 1, "namespace": process_table.namespace(), "processes": [[bystander, 1]],
    }  # fmt: skip
    server_folder.write_json(home.server / server_folder.STATE, stale)
    assert read_state(home).state == "stopped"
    assert serving.stop(home).ran is False


def test_a_server_has_a_temporary_folder_of_its_own_until_it_ends(home: Home) -> None:
    wanted = replace(spec(), sockets_variable="ENGINE_SOCKETS")
    state = serving.launch(home, wanted, dict(os.environ))
    until(lambda: answers(state), "answered")
    place = scratch.place(home.server)
    told = Path(f"/proc/{state.pid}/environ").read_bytes().split(b"\0")
    assert {f"TMPDIR={place}".encode(), f"ENGINE_SOCKETS={place}".encode()} <= set(told)
    (place / "socket").touch()
    serving.stop(home)
    assert not place.exists()


def test_what_a_killed_supervisor_left_in_it_is_removed(home: Home) -> None:
    state = launched(home)
    place = scratch.place(home.server)
    os.kill(state.supervisor, signal.SIGKILL)
    serving.stop(home)
    assert not place.exists()


def test_a_server_whose_home_is_deleted_ends(home: Home) -> None:
    launched(home)
    shutil.rmtree(home.root, ignore_errors=True)
    until(lambda: ours(home) == [], "ended without its home")


def test_secrets_do_not_reach_the_server_or_the_disk(home: Home) -> None:
    secret = "hf_" + "a1b2c3d4" * 4
    state = serving.launch(home, spec(), {**os.environ, "HF_TOKEN": secret})
    until(lambda: answers(state), "answered")
    until(lambda: "HF_TOKEN is not set" in serving.tail(home), "said whether it has it")
    assert not [
        path for path in home.root.rglob("*") if path.is_file() and secret in path.read_text("utf-8", "replace")
    ]


def test_a_restart_puts_the_old_log_aside(home: Home) -> None:
    launched(home, "--chatter", "3")
    end = serving.log_piece(home).end
    serving.stop(home)
    launched(home)
    assert "loading part 2" in server_log.previous(home.server / server_folder.LOG).read_text()
    started = "Application startup complete."
    until(lambda: started in serving.log_piece(home, after=end).lines, "said that it started")
    assert "loading part 2" not in serving.log_piece(home, after=end).lines


def test_the_log_is_read_in_whole_lines(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.server.mkdir()
    log = home.server / server_folder.LOG
    log.write_bytes(b"\x1b[31mone\x1b[0m\ntwo")
    piece = serving.log_piece(home, after=0)
    assert piece.lines == ("one",)
    with log.open("ab") as out:
        out.write(b" and a half\n")
    assert serving.log_piece(home, after=piece.end).lines == ("two and a half",)
    assert serving.tail(home, 1) == ["two and a half"]
    assert serving.tail(home, 0) == []


def test_a_log_that_grows_too_long_starts_again(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    handle = server_log.open_for_appending(log)
    os.write(handle, b"x" * 100 + b"\n")
    assert not server_log.cap(log, 1000)
    assert server_log.cap(log, 50)
    os.write(handle, b"after\n")
    os.close(handle)
    assert log.read_bytes() == b"after\n"
    assert server_log.previous(log).stat().st_size == 101


def test_the_owner_of_a_port_is_named() -> None:
    port = free_port()
    assert port_owner(port) is None
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        owner = port_owner(port)
    assert owner is not None and owner.pid == os.getpid() and owner.name


def test_a_server_that_prints_all_it_has_shows_no_secret(home: Home) -> None:
    environment = {**os.environ, **planted.ENVIRONMENT, "VLLM_CONFIG_ROOT": "/a/plain/place"}
    port = free_port()
    shown = "import os, sys; [print(f'{n}={v}', flush=True) for n, v in os.environ.items()]; "
    told = f"print(open({str(home.root / 'told')!r}).read()); print(repr(open({str(home.root / 'told')!r}).read())); "
    (home.root / "told").write_text("\n".join(f"{name} is {value}" for name, value in planted.ENVIRONMENT.items()))
    wait = "import time; print('and half a line of ' + os.environ['HOME'], end='', flush=True); time.sleep(60)"
    command = (sys.executable, "-c", shown + told + wait)
    serving.launch(home, replace(spec(), command=command, port=port), environment)
    log = home.server / server_folder.LOG
    until(lambda: "'HF_TOKEN is" in log.read_text(), "said all")
    serving.stop(home, 1)
    text = log.read_text()
    assert "VLLM_CONFIG_ROOT=/a/plain/place" in text  # what an engine needs it has
    assert text.endswith(f"and half a line of {os.environ['HOME']}")
    assert not any(line.startswith(f"{name}=") for line in text.splitlines() for name in planted.ENVIRONMENT)
    assert planted.found(text) == []
    for file in (path for path in home.root.rglob("*") if path.is_file() and path.name != "told"):
        assert planted.found(file.read_text()) == [], file


def test_a_server_writes_on_where_the_one_that_writes_its_log_was_killed(home: Home) -> None:
    state = launched(home, "--chatter", "1")
    log = home.server / server_folder.LOG
    pump = [pid for pid in _children(state.supervisor) if pid != state.pid]
    assert len(pump) == 1
    os.kill(pump[0], signal.SIGKILL)
    size = log.stat().st_size
    until(lambda: answers(state) and log.stat().st_size > size, "written on")


def test_a_log_that_cannot_be_opened_costs_its_lines_and_nothing_else(home: Home) -> None:
    state = launched(home, "--chatter", "3")
    log = home.server / server_folder.LOG
    log.unlink()
    log.mkdir()
    for _ in range(3):
        (pump,) = (pid for pid in _children(state.supervisor) if pid != state.pid)
        os.kill(pump, signal.SIGKILL)
        until(lambda last=pump: set(_children(state.supervisor)) - {state.pid, last}, "another")
    assert answers(state)
    assert serving.stop(home).stopped
    assert read_state(home).reason == "Stopped when asked."  # by its supervisor, which was not busy otherwise


def _children(pid: int) -> list[int]:
    return [other for other, process in process_table.table().items() if process.parent == pid]
