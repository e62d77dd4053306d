"""Where packages come from on this machine, as pip's own configuration says."""

from __future__ import annotations

from dataclasses import dataclass

PUBLIC_INDEX = "https://pypi.org/simple"
"""The index that pip and uv ask where no configuration names one."""

OWN_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX")
"""uv's own variables for the same: where any of these is set, its owner has spoken to uv itself."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What `pip config` names. uv reads its own configuration itself and that wins over this one."""

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    """Folders of wheels, or pages that link to wheels."""
    certificate: str | None = None
    proxy: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    no_index: bool = False
