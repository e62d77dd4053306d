"""The installer process: `python -I -m installer.session.worker HOME RUN LOCK [SERVER]`.

Deaf to the terminal that started it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from installer.core.runs.home import Home
from installer.session.run_execution import execute
from installer.session.runs import request_of
from installer.session.unwatched_runs import complete


def main() -> int:
    """Do what the run's request file asks, under the lock that was passed on."""
    home = Home(Path(sys.argv[1]), *sys.argv[4:5])
    run, lock = home.run(sys.argv[2]), int(sys.argv[3])
    os.set_inheritable(lock, False)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = int(execute(request_of(run), home, run, lock))
    complete(home, run)
    return status


if __name__ == "__main__":
    sys.exit(main())
