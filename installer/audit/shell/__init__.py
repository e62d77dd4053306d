"""Reads somebody's shell script into a `Procedure`, and says what is wrong with the script itself.

Never executes anything of it, and never guesses: what cannot be followed is reported as not followed.
"""

from __future__ import annotations

from installer.audit.shell.follow import procedure
from installer.audit.shell.reading import STDIN, read_script

__all__ = ["STDIN", "procedure", "read_script"]
