"""The one way to begin a thread of our own: it keeps no process alive. Decides nothing about what runs on it.

Threads that are waited for in any case are a `ThreadPoolExecutor`, left by `with`; Python waits for those at its end,
so nothing that may hang (a name look-up, a mount that is gone) belongs there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


def begin(work: Callable[[], object], name: str) -> threading.Thread:
    """Run `work` on a thread that is called `name`. What it raises is its own to tell."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
