"""Writes docs/screens/demo.svg (animated `deploy-tui demo`) and demo-failure.svg: `python tests/ui/draw_demo.py`.

With HOME DEPLOYMENT FAILURE REPAIR (three runs of that home) it takes the recordings anew first, out of their tickets,
so without secrets and names; the home is called /workspace/deploy-tui in them, and nothing else of them is changed.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from installer.cli.demo import _PLAYED  # noqa: E402
from installer.core.runs.home import Home, RunFolder  # noqa: E402
from installer.core.runs.request import Request  # noqa: E402
from installer.session.facade import DeploySession  # noqa: E402
from installer.ui.replay.tape import Tape, tape_of  # noqa: E402
from installer.ui.replaying import ReplayApp  # noqa: E402
from installer.ui.screens.replay import ReplayEndScreen, ReplayScreen  # noqa: E402
from tests.ui.draw_screens import FONTS  # noqa: E402
from tests.ui.frozen import until  # noqa: E402

DATA = ROOT / "installer/ui/replay/demo"
SCREENS = ROOT / "docs/screens"
SIZE = (100, 28)
SHOWN_S = 2.5
END = 1e9
Moment = Callable[[Tape], float]


def at(stage: str, later: float) -> Moment:
    return lambda tape: tape.place(stage) + later


MOMENTS: tuple[tuple[int, Moment], ...] = (
    (0, at("dependencies", 20.0)),
    (0, at("verification", 30.0)),
    (0, lambda tape: END),
    (1, lambda tape: END),
    (2, lambda tape: END),
)
FAILURE = 3
"""Which of them is a picture of its own, too."""


def taken(home: Path, runs: list[str]) -> None:
    """The journals of three runs, as their tickets have them."""
    for (name, _), run in zip(_PLAYED, runs, strict=True):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "t.zip"
            tool = Path(sys.executable).with_name("deploy-tui")
            subprocess.run([tool, "--home", home, "ticket", "--run", run, "-o", file], check=True, capture_output=True)
            journal = zipfile.ZipFile(file).read("journal.jsonl").decode()
        journal = re.sub(r"/tmp/[\w-]+/(?=vllm_dist)", "/tmp/", journal.replace(str(home), "/workspace/deploy-tui"))
        (DATA / name / "journal.jsonl").write_text(journal, encoding="utf-8", newline="\n")


async def pictured(folder: Path, number: int, moment: Moment) -> str:
    """The screen at one moment of one recording."""
    run = RunFolder(folder / str(number))
    run.root.mkdir(exist_ok=True)
    run.journal.write_bytes((DATA / _PLAYED[number][0] / "journal.jsonl").read_bytes())
    tape = tape_of(run)
    place = moment(tape)
    words = f"{number + 1} of {len(_PLAYED)}: {_PLAYED[number][1]}"
    app = ReplayApp(DeploySession(Request(), Home(folder / "empty")), [(tape, words)], speed=1.0, at=place)
    app.animation_level = "none"
    last = place == END
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ReplayEndScreen if last else ReplayScreen))
        await until(pilot, lambda: app.board.run is not None and (app.board.run.over or not last))
        await pilot.pause(1.2)
        return FONTS.sub("", app.export_screenshot(title="deploy-tui demo"))


def animated(pictures: list[str]) -> str:
    """One after the other, each for so long, from the beginning again."""
    whole, part = SHOWN_S * len(pictures), 100 / len(pictures)
    head = re.match(r"<svg[^>]*>", pictures[0])
    assert head
    style = (
        f".shot{{opacity:0;animation:shot {whole}s steps(1) infinite}}"
        f"@keyframes shot{{0%{{opacity:1}}{part:.3f}%{{opacity:0}}100%{{opacity:0}}}}"
        "@media (prefers-reduced-motion:reduce){.shot{animation:none}.shot:last-child{opacity:1}}"
    )
    shots = "\n".join(
        f'<g class="shot" style="animation-delay:{SHOWN_S * number:.1f}s">{picture}</g>'
        for number, picture in enumerate(pictures)
    )
    return f"{head[0]}<style>{style}</style>\n{shots}\n</svg>\n"


def main(words: list[str]) -> None:
    if words:
        taken(Path(words[0]), words[1:])
    with tempfile.TemporaryDirectory() as folder:
        pictures = [asyncio.run(pictured(Path(folder), number, moment)) for number, moment in MOMENTS]
    (SCREENS / "demo.svg").write_text(animated(pictures), encoding="utf-8", newline="\n")
    (SCREENS / "demo-failure.svg").write_text(pictures[FAILURE], encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
