"""The engine's own process: `python -m installer.session.worker HOME RUN`. Deaf to the terminal that started it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from installer.core.errors import LockedError
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.session.engine import execute


def main() -> int:
    """Do what the run's request file asks."""
    home = Home(Path(sys.argv[1]))
    run = home.run(sys.argv[2])
    request = Request.from_json(json.loads(run.request.read_text(encoding="utf-8")))
    try:
        return int(execute(request, home, run))
    except LockedError as error:
        return int(error.exit_code)


if __name__ == "__main__":
    sys.exit(main())
