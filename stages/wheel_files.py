"""Files that differ from their package's record, compared with the wheel that they came from.

A wheel can be published with a RECORD that states other sizes than its own files have (pynvvideocodec 2.0.4
states them from before its libraries were repaired; read 2026-11-29). The lock pins the wheel to its
hash, so its bytes decide. Reads wheels where they are, and passes nothing that it could not compare.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from installer.core.contracts.stage import StageContext
from installer.core.outcomes import CheckStatus
from installer.core.packages.archive import Archive
from stages.verification_results import Verdict

_MOST = 64 * 1024 * 1024
"""Bytes that are fetched of wheels at most, all together; past that, the record is believed."""


def without_intact_files(ctx: StageContext, verdict: Verdict) -> Verdict:
    """`verdict` without the files that are as in their wheels; passed where no other is left."""
    same = frozenset(_as_in_their_wheels(ctx, verdict))
    if not same:
        return verdict
    left = [(place, text) for place, text in zip(verdict.doubted, verdict.details, strict=True) if place not in same]
    if left:
        text = f"{len(left)} installed files are missing or changed"
        return replace(verdict, said=text, doubted=tuple(p for p, _ in left), details=tuple(d for _, d in left))
    packages = ", ".join(sorted({package for package, _, _ in same}))
    text = f"all installed files are as in their wheels; {packages} records other sizes for {len(same)} of its files"
    ctx.output(f"ok      files: {text}")
    return replace(verdict, status=CheckStatus.OK, said=text, doubted=(), details=())


def _as_in_their_wheels(ctx: StageContext, verdict: Verdict) -> Iterable[tuple[str, str, str]]:
    urls = {package.name: package.url for package in ctx.lock.packages} if ctx.lock else {}
    by_package: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for place in verdict.doubted:
        by_package[place[0]].append(place)
    fetched = 0
    for package, paths in by_package.items():
        archive = ctx.host.archive(urls[package]) if urls.get(package) else None
        for place in paths if archive else ():
            assert archive is not None
            fetched += archive.size(place[1])
            if fetched <= _MOST and _same(archive, place[1], Path(place[2])):
                yield place


def _same(archive: Archive, member: str, path: Path) -> bool:
    stored = archive.read(member)
    try:
        return stored is not None and hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(stored).digest()
    except OSError:
        return False
