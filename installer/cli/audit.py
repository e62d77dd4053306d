"""`audit SCRIPT`: say what someone's shell script would come to. The script is only read, never run."""

from __future__ import annotations

import argparse
from pathlib import Path

from installer.cli import streams
from installer.cli.requests import home_of, request_of
from installer.cli.verdicts import show


def audit_script(options: argparse.Namespace) -> int:
    """Serve `audit`."""
    from installer.session.auditing import audit

    home, request = home_of(options), request_of(options)
    if not options.json:
        streams.say(f"Reading {options.script} …")
    return show(audit(Path(options.script), request, home), options)
