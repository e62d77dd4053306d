"""Where packages come from on this machine, as pip's own configuration says."""

from __future__ import annotations

from dataclasses import dataclass

PUBLIC_INDEX = "https://pypi.org/simple"
"""The index that pip and uv ask where no configuration names one."""


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
