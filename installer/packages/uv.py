"""How uv is called: its environment and the flags for this machine's package sources. Runs nothing.

No address of an index may become an argument: it may contain a password.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from installer.core.packages.sources import OWN_INDEXES, Sources
from installer.core.runs.home import Home
from installer.core.secrets.inherited import inherited

BRIEF = {"UV_HTTP_CONNECT_TIMEOUT": "3", "UV_HTTP_TIMEOUT": "8", "UV_HTTP_RETRIES": "1"}
"""For questions that must not wait: a network that is not there is given up within ten seconds."""


def environment(
    base: Mapping[str, str], home: Home, sources: Sources, *, hardlinks: bool | None = True
) -> dict[str, str]:
    """The environment for a uv command: its cache next to the generations, pip's certificates and proxy."""
    values = inherited(base, "packages")
    values.setdefault("UV_CACHE_DIR", str(home.cache / "uv"))
    values.setdefault("UV_LINK_MODE", "copy" if hardlinks is False else "hardlink")
    values.setdefault("UV_HTTP_TIMEOUT", "120")
    if sources.certificate:
        values.setdefault("SSL_CERT_FILE", sources.certificate)
    if sources.proxy:
        values.setdefault("HTTPS_PROXY", sources.proxy)
        values.setdefault("HTTP_PROXY", sources.proxy)
    return values


def source_flags(sources: Sources, base: Mapping[str, str], *, offline: bool = False) -> tuple[str, ...]:
    """pip's configured sources as uv flags, without the addresses: those may contain a password (`addresses`).

    pip takes the best version of all its indexes, uv by default the first index that knows the name; with extra
    indexes in pip's configuration uv is told to do as pip does.
    """
    flags: list[str] = ["--offline"] if offline else []
    if _wants_extra(sources, base):
        flags += ["--index-strategy", "unsafe-best-match"]
    if sources.no_index and not base.get("UV_NO_INDEX"):
        flags.append("--no-index")
    for host in sources.trusted_hosts:
        flags += ["--allow-insecure-host", host]
    return tuple(flags)


def addresses(sources: Sources, base: Mapping[str, str]) -> dict[str, str]:
    """Where pip's configured sources are, as uv's variables: arguments are shown to everybody on the machine."""
    found: dict[str, str] = {}
    if not any(base.get(name) for name in OWN_INDEXES[:2]) and sources.index_url:
        found["UV_DEFAULT_INDEX"] = sources.index_url
    if _wants_extra(sources, base):
        found["UV_INDEX"] = " ".join(sources.extra_index_urls)
    if not base.get("UV_FIND_LINKS"):
        found |= find_links(sources.find_links)
    return found


def find_links(locations: Sequence[str]) -> dict[str, str]:
    """Folders and pages of wheels, as uv's variable; it divides them at commas."""
    divided = (place if "://" in place or "," not in place else Path(place).absolute().as_uri() for place in locations)
    return {"UV_FIND_LINKS": ",".join(place.replace(",", "%2C") for place in divided)} if locations else {}


def _wants_extra(sources: Sources, base: Mapping[str, str]) -> bool:
    return not any(base.get(name) for name in OWN_INDEXES[2:4]) and bool(sources.extra_index_urls)


def identity(sources: Sources, base: Mapping[str, str]) -> dict[str, object]:
    """What of the sources decides which packages are found, for the key of a resolution."""
    return {
        "index": sources.index_url,
        "extra": sources.extra_index_urls,
        "links": sources.find_links,
        "none": sources.no_index,
        "uv": {name: base[name] for name in OWN_INDEXES if base.get(name)},
    }
