"""Writes docs/screens/beside-*.svg, how others look: `python tests/ui/draw_comparison.py FOLDER HOME [NAME …]`.

FOLDER holds an environment each (toolong, posting, harlequin, dolphie), HOME a deployment whose server is ready. Each
program is run in a tmux of its own, as wide and as high as our own pictures, and what it then shows is drawn.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from installer.core.runs.home import Home  # noqa: E402
from installer.host.server_state import read_state  # noqa: E402
from tests.stand_ins.terminal import Terminal  # noqa: E402
from tests.ui.draw_screens import FONTS, SIZE  # noqa: E402

ENVIRONMENT = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
QUERY = "select n as request, 40 + n % 7 as first_ms from range(12) as t(n)"
DRAWN_S = 3.0
"""What is still drawn after the words that were waited for."""
Steps = list[tuple[str, list[str]]]
"""What is waited for, and the keys that are pressed then, as tmux names them."""


def draw(folder: Path, name: str, command: list[str], steps: Steps) -> None:
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    terminal = Terminal(folder, command, ENVIRONMENT | home, SIZE)
    try:
        for words, keys in steps:
            terminal.shows(words)
            time.sleep(DRAWN_S)
            if keys:
                terminal.press(*keys)
        drawn = terminal.coloured()
    finally:
        terminal.close()
    console = Console(record=True, width=SIZE[0], file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(drawn), soft_wrap=True)
    picture = FONTS.sub("", console.export_svg(title=name))
    picture = re.sub(r"[ \t]+\n", "\n", picture)
    (ROOT / f"docs/screens/beside-{name}.svg").write_text(picture, encoding="utf-8", newline="\n")


def main(programs: Path, home: Home, wanted: list[str]) -> None:
    server = read_state(home)
    log = str(home.server / "server.log")
    with tempfile.TemporaryDirectory(prefix="beside-") as kept:
        commands: dict[str, tuple[list[str], Steps]] = {
            "toolong": (["tl", log], [("Line nos.", [])]),
            "posting": (
                ["posting", "--collection", kept],
                [("Enter a URL", [f"{server.url}/v1/models"]), ("/v1/models", ["Enter"]), ("200 OK", [])],
            ),
            "harlequin": (["harlequin"], [("Query Editor", [QUERY]), ("first_ms", ["C-j"]), ("Results", [])]),
            "dolphie": (["dolphie", "--tab-setup"], [("Connect to a Host", [])]),
        }
        for name, (words, steps) in commands.items():
            if wanted and name not in wanted:
                continue
            folder = Path(kept) / name
            folder.mkdir()
            program = str(programs / name / "bin" / words[0])
            draw(folder, name, [program, *words[1:]], steps)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Home(Path(sys.argv[2])), sys.argv[3:])
