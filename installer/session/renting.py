"""The least machine for a model in the words of a provider: how to ask it for such a machine, and how to start one.

Writes lines and runs none of them; nothing is sent, and no key is in a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from installer.core.contracts.host import Host
from installer.core.errors import PredictedError, UsageError
from installer.core.files.problems import quote, suggestion
from installer.core.outcomes import Verdict
from installer.knowledge import markets
from installer.knowledge.markets import Market
from installer.session.circumstances import Circumstances, wheel_lookups
from installer.session.fitting import Model

if TYPE_CHECKING:
    from installer.fit.fitting import Asked
    from installer.fit.minimum import Minimum
    from installer.fit.serving_option import ServingOption

_MIB_A_GB = 1000
"""Markets count the MiB that nvidia-smi shows as MB."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One size of machine, and the lines for it."""

    minimum: Minimum
    search: str
    start: str


@dataclass(frozen=True, slots=True)
class Rental:
    provider: Market
    way: ServingOption
    offers: tuple[Offer, ...]
    image: str
    glibc: str
    """The C library of the image; empty: not known."""


def checked_provider(name: str) -> Market:
    """Raises `UsageError` for one that no row is about."""
    known = markets.markets()
    if name not in known:
        raise UsageError(
            f"There is no provider named {quote(name)}{suggestion(name, known)}",
            f"These are known: {', '.join(known)}.", "Name one of them, or leave --for out.",
        )  # fmt: skip
    return known[name]


def rental(provider: Market, model: Model, asked: Asked, around: Circumstances, host: Host) -> Rental:
    """The lines for a model. Raises `PredictedError` if it fits on no known machine, or the provider has none."""
    from installer.fit.machines import holding
    from installer.fit.minimum import minima

    with wheel_lookups(host, around) as lookups:
        first = next(
            (h for h in holding(model.facts, asked, model.ways, lookups) if h.fit.verdict == Verdict.WORKS), None
        )
        way = next((one for one in model.ways if first and first.fit.way and one.title == first.fit.way.title), None)
        found = minima(model.facts, asked, way, lookups) if way else []
    if way is None or not found:
        raise PredictedError(
            f"No known machine fits {model.facts.name}.", "Up to eight GPUs of a kind were tried.",
            "See why with `deploy-tui fit --all`, ask for less context or fewer users, or use a quantized variant.",
        )  # fmt: skip
    image = way.image or markets.image()
    offers = tuple(_offers(provider, found, image))
    if not offers:
        kinds = ", ".join(dict.fromkeys(kind for one in found for kind in one.kinds))
        raise PredictedError(
            f"{provider.title} has no known machine for {model.facts.name}.",
            f"These GPUs fit: {kinds}.", "Use another provider, or ask for less context or fewer users.",
        )  # fmt: skip
    return Rental(provider, way, offers, image, "" if way.image else markets.image_glibc())


def _offers(provider: Market, found: list[Minimum], image: str) -> Iterator[Offer]:
    for one in found:
        gpu = next((kind for kind in one.kinds if provider.offers(kind, one.count)), None)
        if gpu is None:
            continue
        placeholders = {
            "count": one.count, "gpu": provider.gpus.get(gpu, gpu), "memory_gb": one.memory_mib // _MIB_A_GB,
            "memory_gib": one.memory_mib // 1024, "capability": one.capability, "cuda": one.driver.cuda,
            "capability_hundreds": round(float(one.capability) * 100), "disk_gb": one.disk_gb, "image": image,
        }  # fmt: skip
        yield Offer(one, provider.search.format(**placeholders), provider.start.format(**placeholders))
