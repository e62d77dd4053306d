"""Real runs leave a recording of what their terminal showed: on the console, with --json, and on the screen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from installer.core.runs.cast import Cast, parse
from installer.core.text.plain import clean
from installer.session import runs
from tests.stand_ins import package_index, wheels
from tests.stand_ins.deployment import free_port
from tests.stand_ins.patience import PATIENCE_S
from tests.test_runs import RECIPE, Lab

TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz12345678"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    wheels.stack(tmp_path / "wheels")
    with package_index.serve(tmp_path / "wheels") as index:
        lab = Lab(tmp_path, index)
        lab.environment |= {"HF_TOKEN": TOKEN, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        yield lab
        lab.tool("cancel")


def recording(lab: Lab) -> Cast:
    run = runs.latest(lab.home)
    assert run
    text = run.cast.read_text(encoding="utf-8")
    assert TOKEN not in text and run.cast.stat().st_mode & 0o777 == 0o600
    return parse(text)


def shown(cast: Cast) -> str:
    return clean("\n".join(one.text for one in cast.events))


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_without_a_terminal_it_is_what_a_person_would_have_read(lab: Lab, more: tuple[str, ...]) -> None:
    done = lab.deploy("2-4", *more)
    assert done.returncode == 0, done.stderr
    made = recording(lab)
    assert [mark.text for mark in made.marks] == ["2 environment", "3 pytorch", "4 flashinfer", "done"]
    assert made.events[-1].text == "0" and made.events[-1].kind == "x"
    said = shown(made)
    assert "Install PyTorch - done" in said and "Done, after" in said and '{"event"' not in said
    if not more:
        assert all(line.strip() in said for line in done.stderr.splitlines() if " - done" in line)
    else:
        assert all(json.loads(line) for line in done.stdout.splitlines())


def until(screen: pexpect.spawn[str], true: Callable[[], object]) -> None:
    """Read what the screen draws until it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline and screen.isalive(), screen.before
        screen.expect([pexpect.TIMEOUT, r".+"], timeout=0.2)


def test_on_the_screen_it_is_what_the_screen_showed(lab: Lab) -> None:
    assert lab.deploy("2-3").returncode == 0
    first = runs.latest(lab.home)
    (lab.index.folder / "mini_fastapi-1.0-py3-none-any.whl").write_bytes(b"not a wheel")
    tool, *words = lab.command("--recipe", str(RECIPE), "--set", f"server.port={free_port()}")
    own = {name: value for name, value in lab.environment.items() if name not in ("COLUMNS", "LINES")}
    screen = pexpect.spawn(tool, words, env=own, dimensions=(40, 120), encoding="utf-8", timeout=PATIENCE_S)  # type: ignore[arg-type]
    deadline = time.monotonic() + PATIENCE_S
    while runs.latest(lab.home) == first:  # what is pressed before the plan is there does nothing
        assert screen.isalive() and time.monotonic() < deadline
        screen.send("\r")
        screen.expect([pexpect.TIMEOUT, r".+"], timeout=0.5)
    run = runs.latest(lab.home)
    assert run
    until(screen, lambda: run.cast.is_file() and '"x", "1"' in run.cast.read_text(encoding="utf-8", errors="replace"))
    screen.send("q")
    screen.expect(pexpect.EOF)
    made = recording(lab)
    assert (made.columns, made.rows) == (120, 40)
    names = [mark.text for mark in made.marks]
    assert "6 dependencies" in names and names[-1] == "failed in stage 6"
    assert "stages" in shown(made) and "in stage" in shown(made)
    played = lab.tool("replay", run.id, "--from", "failure", "--json")
    assert played.returncode == 0 and '"event":"run-finished"' in played.stdout
