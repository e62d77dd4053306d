"""Which of a recipe's indexes can be reached, and whether they contain what is wanted. Reads through the host only."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from installer.core.contracts.host import Host
from installer.core.packages.sources import Sources
from installer.core.recipes.recipe import Index

_LIMIT_S = 5.0


def unreachable(host: Host, wanted: Mapping[Index, str]) -> dict[str, str]:
    """For each index (by name) that cannot give the requested package: why, in plain words."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = pool.map(lambda pair: _problem(host, *pair), wanted.items())
        return {index.name: problem for index, problem in zip(wanted, answers, strict=True) if problem}


def _problem(host: Host, index: Index, package: str) -> str:
    address = urlsplit(index.url)
    if address.scheme == "file":
        folder = Path(unquote(address.path))
        return "" if (folder / package).is_dir() or list(folder.glob(f"{package}*")) else "there is no such folder"
    answer = host.get(f"{index.url.rstrip('/')}/{canonicalize_name(package)}/", timeout_s=_LIMIT_S)
    if answer.ok:
        return ""
    if answer.status == 404:
        return f"it does not have {package}"
    return f"HTTP {answer.status}" if answer.status else answer.body


def in_folder(sources: Sources, requirement: str) -> bool:
    """Whether a configured folder of wheels has exactly `NAME==VERSION`."""
    name, _, version = requirement.partition("==")
    stem = f"{name.strip().replace('-', '_')}-{version.strip()}-"
    folders = [
        place.removeprefix("file://") for place in sources.find_links if "://" not in place.removeprefix("file://")
    ]
    return bool(version) and any(
        wheel.name.lower().startswith(stem.lower()) for folder in folders for wheel in Path(folder).glob("*.whl")
    )
