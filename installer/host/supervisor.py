"""The process that stays with a model server: `python -m installer.host.supervisor SERVER_FOLDER`.

It starts what `launch.json` says, writes down what becomes of it, asks it for a token now and then, starts it again
where it died or froze, and ends the whole process tree when it is told to, when its time is up, or when nothing
helps (`supervision.py`). It must import nothing beyond the standard library and stay small: it lives as long as the
server. It must never leave a process of the server behind when it goes.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer.host import server_folder
from installer.host.server_process import AWAITED_SIGNALS
from installer.host.supervision import Supervisor

# Engines send SIGQUIT to their parent when a part of them fails, and their orphans become our children.
_IGNORED = {signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2}
_SET_CHILD_SUBREAPER = 36
ALREADY = 3
"""Exit status: another supervisor holds this home."""


def _become_subreaper() -> None:
    try:
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        return


def main(folder: Path, secrets: Sequence[str] = (), outside: Mapping[str, str] | None = None) -> int:
    """Supervise the server of `folder` until it has ended."""
    lock = server_folder.hold(folder, patience_s=2.0)
    spec = server_folder.read_json(folder / server_folder.LAUNCH)
    if lock is None or spec is None:
        return ALREADY
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # anyone who started us may have ignored it
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED_SIGNALS | _IGNORED)
    _become_subreaper()
    (folder / server_folder.WORK).mkdir(exist_ok=True)
    os.chdir(folder / server_folder.WORK)
    Supervisor(folder, spec, secrets, outside).run()
    return 0


if __name__ == "__main__":
    place = Path(sys.argv[1]).absolute()
    # From anyone who starts us, and never in our environment: what must not be in the log, and their environment.
    words = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\0")
    arguments = words[: words.index("")]
    theirs = dict(word.split("=", 1) for word in words[len(arguments) + 1 :] if "=" in word)
    # Fork once more and let the first process end at once: no process has to wait for us, and we belong to no terminal.
    if os.fork():
        os._exit(0)
    sys.exit(main(place, arguments, theirs))
