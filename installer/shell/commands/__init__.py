"""What the commands of install scripts mean, one module a family. Runs none of them."""

from __future__ import annotations

from installer.shell.commands.call import Call
from installer.shell.commands.registry import interpret

__all__ = ["Call", "interpret"]
