"""Which files a recipe's include and exclude patterns leave, the way the model hub's own client reads them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatch


def matching(paths: Iterable[str], include: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """The paths that match a pattern of `include` (all where it is empty) and none of `exclude`.

    `*` also matches slashes, and a pattern that ends with a slash means everything below that folder.
    """
    return [path for path in paths if (not include or _hit(path, include)) and not _hit(path, exclude)]


def _hit(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(path, f"{pattern}*" if pattern.endswith("/") else pattern) for pattern in patterns)
