"""Kept resolutions: one JSON file per answered question. A file that cannot be read counts as never asked."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from installer.core.packages.lock import Lock, LockedPackage


def kept(file: Path) -> Lock | None:
    """The resolution in `file`; `None` where there is none."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
        return Lock(
            key=body["key"],
            python=body["python"],
            platform=body["platform"],
            packages=tuple(LockedPackage(**package) for package in body["packages"]),
            chosen=tuple((stage, because) for stage, because in body["chosen"]),
            notices=tuple(body["notices"]),
            pylock=body["pylock"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(lock: Lock, file: Path) -> None:
    """Write `lock` so that a reader sees all of it or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps(asdict(lock), ensure_ascii=False), encoding="utf-8")
    draft.replace(file)
