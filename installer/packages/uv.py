"""How uv is called: its environment and the flags for this machine's package sources. Runs nothing."""

from __future__ import annotations

from collections.abc import Mapping

from installer.core.packages.sources import Sources
from installer.core.runs.home import Home
from installer.core.text.secrets import names_a_secret

_OF_INDEXES = ("UV_", "PIP_", "NETRC", "KEYRING")
"""Secrets that uv itself may need; it gets no others."""
_OWN_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX")
"""Where any of these is set, its owner has spoken to uv itself: pip's word on the same matter is left out."""
BRIEF = {"UV_HTTP_CONNECT_TIMEOUT": "3", "UV_HTTP_TIMEOUT": "8", "UV_HTTP_RETRIES": "1"}
"""For questions that must not wait: a network that is not there is given up within ten seconds."""


def environment(
    base: Mapping[str, str], home: Home, sources: Sources, *, hardlinks: bool | None = True
) -> dict[str, str]:
    """The environment for a uv command: its cache beside the generations, pip's certificates and proxy."""
    values = {name: value for name, value in base.items() if not names_a_secret(name) or name.startswith(_OF_INDEXES)}
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
    """pip's configured sources as uv flags.

    pip takes the best version of all its indexes, uv by default the first index that knows the name; with extra
    indexes in pip's configuration uv is told to do as pip does.
    """
    flags: list[str] = ["--offline"] if offline else []
    if not any(base.get(name) for name in _OWN_INDEXES[:2]) and sources.index_url:
        flags += ["--default-index", sources.index_url]
    if not any(base.get(name) for name in _OWN_INDEXES[2:4]) and sources.extra_index_urls:
        for url in sources.extra_index_urls:
            flags += ["--index", url]
        flags += ["--index-strategy", "unsafe-best-match"]
    if not base.get("UV_FIND_LINKS"):
        for place in sources.find_links:
            flags += ["--find-links", place]
    if sources.no_index and not base.get("UV_NO_INDEX"):
        flags.append("--no-index")
    for host in sources.trusted_hosts:
        flags += ["--allow-insecure-host", host]
    return tuple(flags)


def identity(sources: Sources, base: Mapping[str, str]) -> dict[str, object]:
    """What of the sources decides which packages are found, for the key of a resolution."""
    return {
        "index": sources.index_url,
        "extra": sources.extra_index_urls,
        "links": sources.find_links,
        "none": sources.no_index,
        "uv": {name: base[name] for name in _OWN_INDEXES if base.get(name)},
    }
