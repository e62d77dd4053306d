"""Writes docs/screens/*.svg from a real run and its server: `python tests/ui/draw_screens.py HOME RUN [FETCHED]`.

FETCHED is the run whose downloads are shown, where RUN found all in place.

Nothing in the pictures is made up: the plan is made anew for HOME's machine, the run is read from its journal (up to
the middle of its largest download for the picture of a run in progress), the meters are those of this machine, and how
the server stands is read when its picture is drawn: it must be ready. No home is changed but an empty one that the plan
is made for.
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

from installer.core.contracts.serving import ServerState  # noqa: E402
from installer.core.machine.meters import Reading  # noqa: E402
from installer.core.runs.events import Entry, Progress, ServerReady  # noqa: E402
from installer.core.runs.home import Home  # noqa: E402
from installer.core.runs.request import Request  # noqa: E402
from installer.execution.journal import read  # noqa: E402
from installer.host.meters import Meters  # noqa: E402
from installer.host.server_state import read_state  # noqa: E402
from installer.session.facade import DeploySession  # noqa: E402
from installer.ui.app import DeployApp  # noqa: E402
from installer.ui.screens.review import ReviewScreen  # noqa: E402
from installer.ui.screens.serve import ServeScreen  # noqa: E402
from tests.ui.frozen import ended, frozen, reviewed, running, text_of, until  # noqa: E402
from tests.ui.replay import STOPPED, ReplaySession  # noqa: E402

SIZE = (100, 30)
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Left out: a picture in a document fetches nothing from elsewhere."""


async def draw(app: DeployApp, name: str, arrived: Callable[[Pilot[None]], Awaitable[object]]) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await arrived(pilot)
        await pilot.pause(1.2)
        picture = FONTS.sub("", app.export_screenshot(title="deploy-tui"))
    (ROOT / f"docs/screens/{name}.svg").write_text(picture, encoding="utf-8", newline="\n")


def replayed(entries: Sequence[Entry], *, live: bool, reading: Reading, served: ServerState = STOPPED) -> DeployApp:
    return frozen(ReplaySession(attached=True, live=live, entries=list(entries), reading=reading, served=served))


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
    await pilot.press("c", *"What is the capital of Portugal?", "enter")
    await until(pilot, lambda: "tokens/s" in shown(pilot).split("first token")[0] and " first " in shown(pilot))
    for _ in range(10):  # so that there is something to draw in the charts
        await pilot.pause(1.0)
    await pilot.press("escape")


async def remembered(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
    await pilot.press("3")
    await until(pilot, lambda: " run" in shown(pilot) and " GB" in shown(pilot).splitlines()[0])


async def chosen(pilot: Pilot[None]) -> None:
    """Every recipe was checked."""
    await reviewed(pilot)
    await pilot.press("r")
    for _ in range(120):
        await pilot.pause(1.0)
        if "all checked" in shown(pilot):
            return


def shown(pilot: Pilot[None]) -> str:
    return text_of(cast("DeployApp", pilot.app))


def largest_download(entries: Sequence[Entry]) -> int:
    """How many entries there are until the middle of what was said about the stage that fetched most."""
    said = [(number, entry.event) for number, entry in enumerate(entries) if isinstance(entry.event, Progress)]
    stages = {event.stage for _, event in said}
    most = max(stages, key=lambda stage: max(event.done for _, event in said if event.stage == stage))
    of_it = [number for number, event in said if event.stage == most]
    return of_it[len(of_it) // 2] + 1


def standing(home: Home, entries: Sequence[Entry]) -> ServerState:
    """The server of the run as it stands now; the picture of its end is drawn while it answers."""
    ready = next((entry.event for entry in entries if isinstance(entry.event, ServerReady)), None)
    state = read_state(home)
    if ready is None or state.state != "ready" or state.pid != ready.pid:
        sys.exit(f"The server of that run is {state.state}: start it with a run of stage 10, and draw that run.")
    return state


def main(home: Home, run: str, fetched: str) -> None:
    entries, reading = read(home.run(run).journal), measured(home.root)
    state = standing(home, entries)
    with tempfile.TemporaryDirectory() as empty:
        session = DeploySession(Request(), Home(Path(empty)))
        session.plan()  # the first one takes too long for `reviewed`
        asyncio.run(draw(DeployApp(session), "plan", reviewed))
        asyncio.run(draw(DeployApp(session), "recipes", chosen))
    asyncio.run(draw(replayed(entries, live=False, reading=reading, served=state), "end", ended))
    entries = read(home.run(fetched).journal)
    asyncio.run(draw(replayed(entries[: largest_download(entries)], live=True, reading=reading), "run", running))
    asyncio.run(draw(DeployApp(DeploySession(Request(offline=True), home)), "serve", talked))
    asyncio.run(draw(DeployApp(DeploySession(Request(offline=True), home)), "history", remembered))


if __name__ == "__main__":
    main(Home(Path(sys.argv[1])), sys.argv[2], sys.argv[-1])
