"""Reads this machine into one frozen value, fast enough to do it again at every start.

Everything slow is asked side by side. Nothing is changed, and what cannot be read stays unknown: there is no traceback
and no guess.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from pathlib import Path

from installer.core.machine.facts import Cpu, Driver, MachineFacts, OperatingSystem
from installer.host import cgroups, container, gpu, image_packages, listeners, storage, system, tools
from installer.host.background_call import BackgroundCall, attempt
from installer.host.interpreters import Interpreter, find_pythons
from installer.host.probe_cache import ProbeCache

_PATIENCE_S = 5.0
_GPU_PATIENCE_S = 30.0
"""A driver without persistence mode wakes every GPU first, which takes seconds each."""
_SILENT = gpu.Graphics(driver=Driver(error=f"NVML did not answer within {_GPU_PATIENCE_S:.0f} s"), gpus=None)


def read_facts(home: Path, packages: Collection[str], *, network: bool = False) -> MachineFacts:
    """The facts of this machine, seen from the deployment's `home`; of the image's own packages those named.

    `network` asks as well whether anything outside can be reached, which takes up to three seconds.
    """
    remembered = ProbeCache(home / "cache")
    started = time.monotonic()
    graphics = BackgroundCall(gpu.read, _SILENT)
    programs = BackgroundCall[dict[str, str | None]](lambda: tools.versions(remembered), {})
    pythons = BackgroundCall[list[Interpreter] | None](lambda: find_pythons(remembered), None)
    disks = BackgroundCall(lambda: storage.disks(home), None)
    outside = BackgroundCall(_online, None) if network else None
    limits = attempt(cgroups.limits, cgroups.Limits())
    found = pythons.answer(started + _PATIENCE_S)
    base = found[0].path if found else None
    installed = BackgroundCall[dict[str, str | None]](lambda: image_packages.packages(base, packages), {})
    seen = graphics.answer(started + _GPU_PATIENCE_S)
    facts = MachineFacts(
        os=attempt(system.operating_system, OperatingSystem()),
        python=None if found is None else tuple(dict.fromkeys(python.version for python in found)),
        container=attempt(lambda: container.container(os.environ), None),
        driver=seen.driver,
        gpus=seen.gpus,
        gpu_links=seen.links,
        cpu=attempt(lambda: system.cpu(limits), Cpu()),
        memory_mib=attempt(lambda: system.memory_mib(limits), None),
        memory_free_mib=attempt(lambda: system.memory_free_mib(limits), None),
        shm_mib=attempt(storage.shm_mib, None),
        disks=disks.answer(started + _PATIENCE_S),
        tools=programs.answer(started + _PATIENCE_S),
        packages=installed.answer(started + _PATIENCE_S),
        ports_in_use=attempt(listeners.ports, None),
        online=outside.answer(started + _PATIENCE_S) if outside else None,
        here=True,
    )
    remembered.save()
    return facts


def _online() -> bool | None:
    from installer.host import reachability

    return reachability.online()
