"""Reads someone's shell script into a `Procedure`, and says what is wrong with the script itself.

Never executes anything of it, and never guesses: what cannot be followed is reported as not followed.
"""

from __future__ import annotations

from installer.shell.follow import procedure
from installer.shell.reading import STDIN, read_script

__all__ = ["STDIN", "procedure", "read_script"]
