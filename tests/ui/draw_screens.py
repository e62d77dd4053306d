"""Writes docs/screens/*.svg from the journal of a real run: `python tests/ui/draw_screens.py HOME RUN [CUT]`.

Or from the server of that home, which must be ready: `python tests/ui/draw_screens.py HOME serve`.

Nothing in the pictures is made up: the plan is made anew for HOME's machine, the run is read from its journal (CUT
lines of it for the picture of a run in progress), and the meters are those of this machine. No home is changed but an
empty one that the plan is made for.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import cast

from textual.pilot import Pilot

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from installer.core.machine.meters import Reading  # noqa: E402
from installer.core.runs.events import Entry  # noqa: E402
from installer.core.runs.home import Home  # noqa: E402
from installer.core.runs.request import Request  # noqa: E402
from installer.execution.journal import read  # noqa: E402
from installer.host.meters import Meters  # noqa: E402
from installer.session.facade import DeploySession  # noqa: E402
from installer.ui.app import DeployApp  # noqa: E402
from installer.ui.screens.review import ReviewScreen  # noqa: E402
from installer.ui.screens.serve import ServeScreen  # noqa: E402
from tests.ui.frozen import ended, frozen, reviewed, running, text_of, until  # noqa: E402
from tests.ui.replay import ReplaySession  # noqa: E402

SIZE = (100, 30)
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Left out: a picture in a document fetches nothing from elsewhere."""


async def draw(app: DeployApp, name: str, arrived: Callable[[Pilot[None]], Awaitable[object]]) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await arrived(pilot)
        await pilot.pause(1.2)
        picture = FONTS.sub("", app.export_screenshot(title="deploy-tui"))
    (ROOT / f"docs/screens/{name}.svg").write_text(picture, encoding="utf-8", newline="\n")


def replayed(entries: Sequence[Entry], *, live: bool, reading: Reading) -> DeployApp:
    return frozen(ReplaySession(attached=True, live=live, entries=list(entries), reading=reading))


def measured(home: Path) -> Reading:
    meters = Meters()
    meters.read(home)
    time.sleep(1.0)
    return meters.read(home)


async def talked(pilot: Pilot[None]) -> None:
    """The server was asked something, and has answered."""
    await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
    await pilot.press("2")
    await until(pilot, lambda: isinstance(pilot.app.screen, ServeScreen) and "✓ ready" in shown(pilot))
    await pilot.press(*"What is the capital of Portugal?", "enter")
    await until(pilot, lambda: "tokens/s" in shown(pilot).split("first token")[0] and " first " in shown(pilot))
    for _ in range(10):  # so that there is something to draw in the charts
        await pilot.pause(1.0)
    await pilot.press("escape")


def shown(pilot: Pilot[None]) -> str:
    return text_of(cast("DeployApp", pilot.app))


def main(home: Path, run: str, cut: int | None) -> None:
    if run == "serve":
        asyncio.run(draw(DeployApp(DeploySession(Request(offline=True), Home(home))), "serve", talked))
        return
    entries, reading = read(Home(home).run(run).journal), measured(home)
    if cut is not None:
        asyncio.run(draw(replayed(entries[:cut], live=True, reading=reading), "run", running))
        return
    asyncio.run(draw(replayed(entries, live=False, reading=reading), "end", ended))
    with tempfile.TemporaryDirectory() as empty:
        session = DeploySession(Request(), Home(Path(empty)))
        session.plan()  # the first one takes too long for `reviewed`
        asyncio.run(draw(DeployApp(session), "plan", reviewed))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None)
