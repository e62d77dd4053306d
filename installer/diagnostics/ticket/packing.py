"""Packs members into one zip with a manifest: names, sizes, hashes, versions. The same members are the same file."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import zipfile
from collections.abc import Mapping
from typing import Any

from installer import __version__

MANIFEST = "manifest.json"
PAGE = "ticket.html"
SUMMARY = "ticket.json"
JOURNAL = "journal.jsonl"
CAST = "terminal.cast"
KIND = "deploy-tui ticket"
OWN_WORDS = "what the run said at its end"
"""Replaces the log of a failed stage that left none."""
SCHEMA = 1
_WHEN = (1980, 1, 1, 0, 0, 0)


def manifest(members: Mapping[str, str], run: str, left_out: Mapping[str, int]) -> dict[str, Any]:
    """What is in the ticket. `left_out`: lines that were cut, by member."""
    return {
        "kind": KIND,
        "schema": SCHEMA,
        "run": run,
        "versions": {"deploy-tui": __version__, "python": platform.python_version()},
        "members": [
            {
                "name": name,
                "bytes": len(content := text.encode("utf-8", "replace")),
                "sha256": hashlib.sha256(content).hexdigest(),
                "lines_left_out": left_out.get(name, 0),
            }
            for name, text in members.items()
        ],
    }


def packed(members: Mapping[str, str], listed: Mapping[str, Any]) -> bytes:
    """The file, with the manifest first."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as ticket:
        first = {MANIFEST: json.dumps(listed, ensure_ascii=False, indent=1)}
        for name, text in {**first, **members}.items():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            ticket.writestr(entry, text.encode("utf-8", "replace"))
    return out.getvalue()
