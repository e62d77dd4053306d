"""Whether the machine has gone down since something was written down: what was not synced by then may be gone.

Reads one line of the kernel. It must never guess: where the kernel does not say, nothing counts as the same.
"""

from __future__ import annotations

from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot() -> str:
    """Names this start of the machine; empty if the kernel does not say."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
