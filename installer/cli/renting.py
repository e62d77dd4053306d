"""`fit --for PROVIDER`: the least machine for a model, in a provider's own words. Sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from installer.cli import streams
from installer.core.errors import ExitCode

if TYPE_CHECKING:
    from installer.session.renting import Offer, Rental


def show(rental: Rental, model: str, *, as_json: bool) -> int:
    """Print the lines: what is said about them is a comment, so that all of it can be kept as a script."""
    if as_json:
        streams.document(_body(rental, model))
        return int(ExitCode.OK)
    provider, way = rental.provider, rental.way
    streams.say(f"The smallest machine for {model} with {way.title}, in the terms of {provider.title}.")
    if provider.lacks:
        streams.say(f"It has no filter for {provider.lacks}.")
    if rental.way.glibc:
        streams.say(_library(rental))
    streams.say("Nothing was sent. To get the start command for it: `deploy-tui pod-command`.")
    for offer in rental.offers:
        streams.show(f"# {_words(offer)}")
        streams.data(offer.search)
        streams.data(offer.start)
    return int(ExitCode.OK)


def _words(offer: Offer) -> str:
    least = offer.minimum
    many = f"{least.count} GPUs" if least.count > 1 else "1 GPU"
    each = " each" if least.count > 1 else ""
    return (
        f"{many} with {least.memory_mib:,} MiB{each} or more, compute capability {least.capability} or more (such as "
        f"{', '.join(least.kinds[:3])}); a driver for CUDA {least.driver.cuda} ({least.driver.version} or newer); "
        f"{least.disk_gb} GB of disk"
    )


def _library(rental: Rental) -> str:
    has = f"; {rental.image} has {rental.glibc}" if rental.glibc else ""
    return f"The image needs glibc {rental.way.glibc} or newer{has}."


def _body(rental: Rental, model: str) -> dict[str, Any]:
    offers = [
        {
            "gpus": offer.minimum.count, "memory_mib": offer.minimum.memory_mib, "kinds": list(offer.minimum.kinds),
            "compute_capability": offer.minimum.capability, "cuda": offer.minimum.driver.cuda,
            "driver": offer.minimum.driver.version, "disk_gb": offer.minimum.disk_gb, "search": offer.search,
            "start": offer.start,
        }
        for offer in rental.offers
    ]  # fmt: skip
    return {
        "schema": 1, "provider": rental.provider.name, "model": model, "engine": rental.way.engine,
        "version": rental.way.version, "image": rental.image, "glibc": rental.way.glibc or None, "offers": offers,
        "source": rental.provider.source,
    }  # fmt: skip
