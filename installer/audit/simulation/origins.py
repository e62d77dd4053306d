"""Where a machine's own configuration lets packages come from, before a command says otherwise. Asks nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installer.core.packages.sources import PUBLIC_INDEX, Sources


@dataclass(frozen=True, slots=True)
class Origins:
    default: str = PUBLIC_INDEX
    """The index that is asked where a command names none."""
    extra: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()


def origins(sources: Sources, base: Mapping[str, str], *, here: bool) -> Origins:
    """What pip's and uv's configuration name.

    The default index counts for any machine, since it may be the only one that can be reached from here; further
    indexes and folders count only for the machine that we run on.
    """
    default = sources.index_url or base.get("UV_DEFAULT_INDEX") or base.get("UV_INDEX_URL") or _configured(base)
    extra = sources.extra_index_urls if here else ()
    links = sources.find_links if here else ()
    return Origins(default or PUBLIC_INDEX, extra, links, sources.trusted_hosts)


def _configured(base: Mapping[str, str]) -> str:
    """The default index of uv's own configuration; empty if it names none."""
    home = base.get("XDG_CONFIG_HOME") or f"{base.get('HOME', '')}/.config"
    for file in (Path(home) / "uv" / "uv.toml", Path("/etc/uv/uv.toml")):
        settings = _settings(file)
        named = next((str(index.get("url", "")) for index in settings.get("index", []) if index.get("default")), "")
        if named or settings.get("index-url"):
            return named or str(settings["index-url"])
    return ""


def _settings(file: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        settings: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return settings
