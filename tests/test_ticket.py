"""A ticket of a real failed run, from the command line to the file and back."""

from __future__ import annotations

import hashlib
import io
import json
import socket
import zipfile
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

import pexpect
import pytest

from installer.core.runs import events as ev
from installer.core.runs.home import Home
from installer.execution.journal import Journal
from installer.session import runs
from tests.stand_ins import package_index, wheels
from tests.stand_ins.patience import PATIENCE_S
from tests.test_runs import Lab

TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz12345678"
PASSWORD = "correct-horse-battery"
GPU = "GPU-1a2b3c4d-0011-2233-4455-66778899aabb"


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A home whose last run failed, because a wheel is damaged."""
    root = tmp_path_factory.mktemp("ticket")
    wheels.stack(root / "wheels")
    with package_index.serve(root / "wheels") as index:
        lab = Lab(root, index)
        lab.environment |= {"HF_TOKEN": TOKEN, "DB_PASSWORD": PASSWORD, "USER": "marlene"}
        assert lab.deploy("2-3").returncode == 0
        (index.folder / "mini_fastapi-1.0-py3-none-any.whl").write_bytes(b"not a wheel")
        assert lab.deploy().returncode == 1
        run = runs.latest(lab.home)
        assert run
        with run.log(6).open("a") as log:  # what a program might print
            log.write(f"token {TOKEN[:20]}\n{TOKEN[20:]}\n\x1b[31mpassword: {PASSWORD[:8]}\x1b[0m{PASSWORD[8:]}\n")
            log.write(f"{GPU} on {socket.gethostname()} in /home/marlene/models by marlene\n")
        yield lab


def ticket(lab: Lab, *words: str) -> tuple[Path, dict[str, str], Any]:
    file = lab.home.root.parent / f"t{len(list(lab.home.root.parent.glob('t*.zip')))}.zip"
    done = lab.tool("ticket", "-o", str(file), *words)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(file) as packed:
        return file, {name: packed.read(name).decode() for name in packed.namelist()}, done


def test_it_says_what_it_holds_and_the_manifest_agrees(failed: Lab) -> None:
    file, members, done = ticket(failed)
    manifest = json.loads(members.pop("manifest.json"))
    assert {one["name"] for one in manifest["members"]} == set(members) >= {
        "ticket.html", "ticket.md", "ticket.json", "journal.jsonl", "logs/stage-06.log"
    }  # fmt: skip
    for one in manifest["members"]:
        content = members[one["name"]].encode()
        assert (one["bytes"], one["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert one["name"] in done.stderr
    assert done.stdout.strip() == str(file) and file.stat().st_mode & 0o777 == 0o600
    assert set(manifest["versions"]) == {"deploy-tui", "python"}


def test_it_tells_what_happened(failed: Lab) -> None:
    _, members, _ = ticket(failed)
    told = json.loads(members["ticket.json"])
    assert told["run"]["state"] == "failed" and told["run"]["stage"] == 6 and told["run"]["exit_status"] == 1
    assert (
        "mini_fastapi" in told["explanation"]["root"]["text"] or "mini-fastapi" in told["explanation"]["root"]["text"]
    )
    assert [one["state"] for one in told["stages"] if one["number"] == 6] == ["failed"]
    assert told["machine"]["os"]["arch"] and told["packages"]["planned"]["torch"] == "2.0.0"
    assert {one["name"] for one in told["packages"]["differences"]} >= {"mini-engine"}
    assert "torch" not in {one["name"] for one in told["packages"]["differences"]}
    page = members["ticket.html"]
    assert '<li data-n="' in page and 'class="why"' in page and "default-src 'none'" in page
    assert "src=" not in page.replace("default-src", "") and "href=" not in page


def test_nothing_that_must_not_leave_is_in_it(failed: Lab) -> None:
    _, members, _ = ticket(failed)
    everything = "\n".join(members.values())
    flat = everything.replace("\n", "")
    for secret in (TOKEN, PASSWORD, TOKEN[20:], "marlene", GPU):
        assert secret not in everything and secret not in flat
    log = members["logs/stage-06.log"]
    assert "[gpu-1] on" in log and "in /home/[user-1]/models by [user-1]" in log and "password: ***" in log


def test_text_is_for_an_issue_tracker(failed: Lab) -> None:
    done = failed.tool("ticket", "--text")
    assert done.returncode == 0 and done.stdout.startswith("### mini: failed in stage 6")
    assert "| 6 | dependencies | failed |" in done.stdout and TOKEN not in done.stdout
    body = json.loads(failed.tool("ticket", "--text", "--json").stdout)
    assert body["text"].startswith("### mini: failed")


def test_opened_it_is_explained_again(failed: Lab) -> None:
    file, _, _ = ticket(failed)
    done = failed.tool("ticket", "open", str(file))
    assert done.returncode == 0, done.stderr
    assert "mini: failed in stage 6" in done.stdout and "explained with what is known today" in done.stdout
    body = json.loads(failed.tool("ticket", "open", str(file), "--json").stdout)
    assert body["explained"]["root"]["text"] == body["ticket"]["explanation"]["root"]["text"]


def test_on_a_terminal_it_is_opened_in_the_screen_and_left_as_it_was(failed: Lab) -> None:
    file, _, _ = ticket(failed)
    before, files = file.read_bytes(), sorted(failed.home.root.rglob("*"))
    tool, *words = failed.command("ticket", "open", str(file))
    environment = {**failed.environment, "TERM": "xterm-256color"}
    screen = pexpect.spawn(tool, words, env=environment, dimensions=(40, 120), encoding="utf-8", timeout=PATIENCE_S)  # type: ignore[arg-type]
    screen.expect("in stage")
    screen.expect("dependencies")
    screen.send("r")  # asked to deploy again, it does nothing
    screen.send("\x1b")
    screen.expect("play")
    screen.send("q")
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0
    assert file.read_bytes() == before and sorted(failed.home.root.rglob("*")) == files


def test_what_only_the_second_net_finds_stops_it(failed: Lab) -> None:
    run = runs.latest(failed.home)
    assert run
    log = run.log(5)
    before = log.read_text() if log.exists() else None
    value = "S" + "K" + "0123456789abcdef" * 2
    with log.open("a") as out:
        out.write(f"twilio {value}\n")
    try:
        file = failed.home.root.parent / "stopped.zip"
        done = failed.tool("ticket", "-o", str(file))
        assert done.returncode == 1 and "logs/stage-05.log line" in done.stderr and "Twilio" in done.stderr
        assert value not in done.stderr and not file.exists()
        failed.environment["HIDDEN_SECRET"] = value
        _, members, _ = ticket(failed)
        assert value not in "".join(members.values())
    finally:
        failed.environment.pop("HIDDEN_SECRET", None)
        log.write_text(before) if before is not None else log.unlink()


@pytest.mark.parametrize(
    "words",
    [
        ("ticket", "--run", "no-such-run"),
        ("ticket", "-o", "/no/such/folder/t.zip"),
        ("ticket", "-o", "/dev/null"),
        ("ticket", "-o", "/proc/ticket.zip"),
        ("ticket", "-o", f"/tmp/{'n' * 300}.zip"),
        ("ticket", "open"),
        ("ticket", "open", "/no/such/file"),
        ("ticket", "open", "x.zip", "--text"),
    ],
)
def test_wrong_usage_is_status_2(failed: Lab, words: tuple[str, ...]) -> None:
    done = failed.tool(*words)
    assert done.returncode == 2 and done.stderr and "Traceback" not in done.stderr


def test_the_same_home_gives_the_same_file(failed: Lab) -> None:
    assert ticket(failed)[0].read_bytes() == ticket(failed)[0].read_bytes()
    assert zipfile.ZipFile(io.BytesIO(ticket(failed)[0].read_bytes())).testzip() is None


def _run_with(lab: Lab, home: Path, *events: ev.Event) -> None:
    lab.home = Home(home)
    journal = Journal(lab.home.run("20260101-000000-1"))
    started = ev.RunStarted("20260101-000000-1", "mini", "Mini", str(home), 1, "this-machine")
    for event in (started, *events):
        journal.append(event)
    journal.close()


def test_a_stage_that_left_no_log_is_explained_by_the_runs_own_words(failed: Lab, tmp_path: Path) -> None:
    lab = copy(failed)
    why = "Its last output: ValueError: accelerate is required when loading a GGUF file."
    _run_with(lab, tmp_path, ev.RunFinished("failed", 1, 3.0, 8, "The model could not be made.", why))
    file, members, _ = ticket(lab)
    assert json.loads(members["ticket.json"])["explanation"]["root"]["exception"] == "ValueError"
    assert json.loads(members["ticket.json"])["machine_measured"] == "when the ticket was made"
    assert "accelerate is required" in lab.tool("ticket", "open", str(file)).stdout.partition("known today")[2]


def test_the_death_of_a_process_is_told_and_not_what_followed_from_it(failed: Lab, tmp_path: Path) -> None:
    lab = copy(failed)
    death = "VLLM::EngineCore (process 28222) was ended by SIGKILL (killed) while it loaded."
    after = "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}"
    _run_with(lab, tmp_path, ev.PlanReady((ev.StageOutline(10, "server", "Server", "pending"),)),
              ev.StageStarted(10, "server", "Server"), ev.OutputLine(10, after),
              ev.RunFinished("failed", 1, 78.0, 10, death, f"Its log ends with: {after}"))  # fmt: skip
    told = json.loads(ticket(lab)[1]["ticket.json"])["explanation"]
    assert told["root"]["text"].startswith("VLLM::EngineCore (process")
    assert told["candidates"][0]["id"] == "process-ended" and "SIGKILL" in told["candidates"][0]["cause"]


@pytest.mark.parametrize("ending", ["cancelled", "killed"])
def test_a_run_that_was_cut_short_is_told_as_that(failed: Lab, tmp_path: Path, ending: str) -> None:
    lab = copy(failed)
    line = ev.OutputLine(3, "ValueError: the process was told to end")
    end = (ev.RunFinished("cancelled", 130, 3.0, 3, "The run was cancelled."),) if ending == "cancelled" else ()
    _run_with(lab, tmp_path, ev.PlanReady((ev.StageOutline(3, "pytorch", "PyTorch", "pending"),)),
              ev.StageStarted(3, "pytorch", "PyTorch"), line, *end)  # fmt: skip
    told = json.loads(ticket(lab)[1]["ticket.json"])
    assert told["run"]["state"] == ending
    assert bool(told["explanation"]["root"]) == (ending == "killed")
    assert ticket(lab)[1]["logs/stage-03.log"] == "ValueError: the process was told to end\n"


def test_a_home_without_runs_has_no_ticket(failed: Lab, tmp_path: Path) -> None:
    lab = copy(failed)
    lab.home = Home(tmp_path)
    done = lab.tool("ticket")
    assert done.returncode == 2 and "no run" in done.stderr


BLAMED = {
    "ours": (ev.RunFinished("failed", 1, 1.0, 3, "deploy-tui itself …", defect=True), (), "deploy-tui"),
    "recipe": (ev.RunFinished("failed", 2, 1.0, None, "x.yaml is not valid.", "Line 3."), (), "input"),
    "foreseen": (ev.RunFinished("failed", 3, 1.0, 10, "port 8000 is taken"), (), "input"),
    "setting": (ev.RunFinished("failed", 1, 1.0, 10, "The server ended."), ("server.flags.--block-size=7",), "input"),
    "other setting": (ev.RunFinished("failed", 1, 1.0, 10, "The server ended."), ("server.port=1",), "unknown"),
    "nobody asked": (ev.RunFinished("failed", 1, 1.0, 10, "The server ended."), (), "unknown"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BLAMED))
def test_whose_mistake_it_is_is_told_by_a_mechanism(failed: Lab, tmp_path: Path, case: str) -> None:
    end, settings, whose = BLAMED[case]
    lab = copy(failed)
    said = ev.OutputLine(10, "vllm: ValueError: No common block size for 7 (CPU_ATTN: [MultipleOf(32)]).")
    outline = ev.PlanReady((ev.StageOutline(10, "server", "Server", "pending"),))
    _run_with(lab, tmp_path, outline, ev.StageStarted(10, "server", "Server"), said, end)
    run = runs.latest(lab.home)
    assert run
    run.request.write_text(json.dumps({"settings": settings}))
    if case == "ours":
        (run.root / "defect.log").write_text(
            'Traceback (most recent call last):\n  File "installer/x.py", line 1, in f\nKeyError: 1\n'
        )
    _, members, _ = ticket(lab)
    told = json.loads(members["ticket.json"])
    assert told["run"]["whose"] == whose
    assert ("The cause is an error inside deploy-tui" in members["ticket.html"]) == (case == "ours")
    assert (told["explanation"]["log"] == "defect.log") == (case == "ours")
