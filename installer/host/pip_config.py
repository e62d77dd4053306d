"""pip's own configuration: files in pip's order, then PIP_* variables. Reads only; a broken file is left out."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from installer.core.packages.sources import Sources


def config_files(environment: Mapping[str, str], prefix: Path) -> list[Path]:
    """The files that pip reads, the weakest first (pip's user guide, "Location")."""
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = Path(environment.get("HOME", "~")).expanduser()
    system = [Path(folder) / "pip/pip.conf" for folder in environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"
    files = [*system, Path("/etc/pip.conf"), home / ".pip/pip.conf", user, prefix / "pip.conf"]
    return [*files, Path(named)] if named else files


def read(environment: Mapping[str, str] = os.environ, prefix: Path = Path(sys.base_prefix)) -> Sources:
    """What pip would use for `pip install` here."""
    values: dict[str, str] = {}
    for file in config_files(environment, prefix):
        values.update(_options(file))
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            values[name[4:].lower().replace("_", "-")] = value
    return Sources(
        index_url=values.get("index-url"),
        extra_index_urls=tuple(values.get("extra-index-url", "").split()),
        find_links=tuple(map(_place, values.get("find-links", "").split())),
        certificate=values.get("cert"),
        proxy=values.get("proxy"),
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
        no_index=values.get("no-index", "").lower() in ("1", "true", "yes", "on"),
    )


def _place(link: str) -> str:
    """A folder by its whole path, as pip means it: from the present folder, or from the home."""
    return link if "://" in link else str(Path(link).expanduser().absolute())


def _options(file: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        return {}
    options: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            options.update({key.replace("_", "-"): value for key, value in parser.items(section)})
    return options
