"""What all assessments of one command share: home, facts, day, the model that was given. Checks nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from installer.core.contracts.host import Host
from installer.core.machine.facts import MachineFacts
from installer.core.machine.file import to_mapping
from installer.core.plans.stack import ModelFacts
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.preflight.findings_cache import key_of

if TYPE_CHECKING:
    from installer.packages.wheels.inspection import WheelLookups

_COARSE_GPU_MIB = 256
_COARSE_MEMORY_MIB = 512
_COARSE_MIB = 4096
"""Free disk of this machine changes all the time; less than this is the same question."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What all assessments of one command share."""

    home: Home
    facts: MachineFacts
    as_of: str | None
    offline: bool
    model: ModelFacts | None = None
    """What the config says that was given; `None`: none was."""
    model_digest: str = ""

    def file(self, **more: Any) -> Path:
        """Where the answer to the question is kept that `more` and these circumstances make."""
        question = {
            "facts": _steady(self.facts), "as_of": self.as_of or date.today().isoformat(), "offline": self.offline,
            "model_config": self.model_digest, **more,
        }  # fmt: skip
        return self.home.cache / "findings" / f"{key_of(question)}.json"


def circumstances(request: Request, home: Home, facts: MachineFacts) -> Circumstances:
    """Those of a request. Raises `UsageError` if the model's config that it names cannot be read."""
    if request.model_config is None:
        return Circumstances(home, facts, request.as_of, request.offline)
    from installer.models import load_model

    model = load_model(Path(request.model_config))
    digest = hashlib.sha256(repr(model).encode()).hexdigest()
    return Circumstances(home, facts, request.as_of, request.offline, model, digest)


@contextmanager
def wheel_lookups(host: Host, around: Circumstances) -> Iterator[WheelLookups]:
    """Looks into what is not installed, closed afterwards."""
    from installer.packages.wheels.inspection import WheelLookups

    lookups = WheelLookups(host, around.home, as_of=around.as_of, offline=around.offline)
    try:
        yield lookups
    finally:
        lookups.close()


def _steady(facts: MachineFacts) -> Mapping[str, Any]:
    """The facts without what changes from minute to minute."""
    body = to_mapping(facts)
    body.pop("ports_in_use", None)
    if facts.here:
        body["memory_free_mib"] = (body.get("memory_free_mib") or 0) // _COARSE_MEMORY_MIB
        body["memory_servers"] = list(facts.memory_servers)
        for gpu in body.get("gpus", ()):
            # What uses it is known, so that it counts; how much, only if it may matter.
            gpu["free_mib"] = gpu.get("free_mib", 0) // _COARSE_GPU_MIB
            for process in gpu.get("processes", ()):
                process.pop("memory_mib", None)
        for disk in body.get("disks", ()):
            disk["free_mib"] = (disk.get("free_mib") or 0) // _COARSE_MIB
    return body
