"""How two GPUs are connected, in words. Pure."""

from __future__ import annotations

from installer.core.machine.facts import GpuLink

_WAYS = {
    "nvlink": "NVLink", "board": "one board", "switch": "one PCIe switch", "switches": "several PCIe switches",
    "bridge": "a PCIe host bridge", "node": "one NUMA node", "system": "across processors",
}  # fmt: skip


def connected(link: GpuLink) -> str:
    """Such as "NVLink, direct access"."""
    access = {None: "", True: "direct access", False: "no direct access"}[link.p2p]
    return ", ".join(filter(None, (_WAYS.get(link.via or "", link.via or ""), access)))
