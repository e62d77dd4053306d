"""Without a command: open the screen. The only door from the command line to the screen, opened on demand."""

from __future__ import annotations

import argparse
import gc
import os
import sys

from installer.cli import deadline_options
from installer.cli.requests import home_of, request_of
from installer.core.errors import UsageError

FRAMES = "120"
"""A second, at most. Textual draws at multiples of that alone: with its own 60, a key waits up to 33 ms for nothing."""


SWITCH_S = 0.001
"""So long a thread of ours that reads a log may keep the one that draws waiting; Python's own is five times that."""


def open_screen(options: argparse.Namespace) -> int:
    """Open the screen, or say why it cannot be opened."""
    in_browser = "TEXTUAL_DRIVER" in os.environ  # `web` shows it there
    if not in_browser and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "There is no terminal to show the screen on.",
            "The input or the output of this command is not a terminal.",
            "Use `deploy-tui --stage all --yes` to deploy without a screen, or `deploy-tui status` to look.",
        )
    os.environ.setdefault("TEXTUAL_FPS", FRAMES)
    sys.setswitchinterval(SWITCH_S)
    gc.disable()  # until the first frame is shown (`DeployApp.on_mount`)
    deadline_options.check(options)
    deadline_options.note(options)
    from installer.session.facade import DeploySession
    from installer.ui.app import run_app

    home, request = home_of(options), request_of(options)
    if options.bundle:
        from installer.cli.bundle import with_bundle
        from installer.host.local import LocalHost

        request = with_bundle(options, request, home, LocalHost(home.cache))
    code = run_app(DeploySession(request, home))
    sys.stdout.flush()
    sys.stderr.flush()
    # Questions that are still open (an index that does not answer) run in threads that Python would wait for.
    os._exit(code)
