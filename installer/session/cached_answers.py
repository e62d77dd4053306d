"""A host that remembers for ten minutes what was answered from outside, so that a plan asked again is quick.

For planning only: a run asks again. What is on this machine itself is never remembered.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from installer.core.contracts.host import Answer
from installer.core.errors import DamagedError
from installer.disk.reading import read_json
from installer.disk.writing import write_atomically
from installer.host.local import LocalHost
from installer.preflight.findings_cache import FRESH_S

_LARGEST = 2_000_000
_HERE = ("localhost", "127.0.0.1", "::1", "0.0.0.0")


class PlanningHost(LocalHost):
    """This machine, with a memory for the outside."""

    def get(
        self,
        url: str,
        *,
        timeout_s: float = 5.0,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        key_file: str = "",
    ) -> Answer:
        if key_file or urlsplit(url).hostname in _HERE:
            return super().get(url, timeout_s=timeout_s, method=method, headers=headers, key_file=key_file)
        # With a token other things can be read than without, so an answer belongs to its headers as well.
        asked = f"{method} {url} {sorted((headers or {}).items())}"
        file = self._cache / "answers" / f"{hashlib.sha256(asked.encode()).hexdigest()[:20]}.json"
        known = _known(file)
        if known is None:
            known = super().get(url, timeout_s=timeout_s, method=method, headers=headers)
            _keep(known, file)
        return known


def _known(file: Path) -> Answer | None:
    try:
        age = time.time() - file.stat().st_mtime
        body = read_json(file, 8 * _LARGEST) if 0 <= age <= FRESH_S else None
        if body is None:
            return None
        # A failure that is reported again must not look as if it had just happened.
        since = f", {round(age)} s ago" if body["status"] == 0 and age > 1 else ""
        return Answer(int(body["status"]), str(body["body"]) + since, str(body["url"]))
    except (OSError, ValueError, KeyError, TypeError, DamagedError):
        return None


def _keep(answer: Answer, file: Path) -> None:
    if len(answer.body) > _LARGEST:
        return
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps({"status": answer.status, "body": answer.body, "url": answer.url}))
