"""Writes the shipped knowledge about engines: `python -m installer.refresh.derive [--into FOLDER] [NAME …]`.

Reads the wheels of every release of SGLang, vLLM and Transformers on this machine's own index, by range: some hundred
megabytes in a few minutes. For whoever keeps this tool up to date; no plan runs it. It
installs nothing and imports nothing of what it reads.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from installer.core.contracts.host import Host
from installer.core.plans.stack import EngineFacts, Release, TransformersFacts
from installer.host.local import LocalHost
from installer.knowledge.engines import definitions, engine_facts, shipped, tables, transformers_facts
from installer.packages.releases import Listings, places, releases

_FOLDER = Path(shipped.__file__).parent
_NAMES = (*definitions.engines(), "transformers")
_COMMENT = """What each release of {name} says about itself.
Derived from its wheels by `python -m installer.refresh.derive`, never edited by hand.
JSON, which is YAML too, one row a line; the words behind a row are the releases that have it:
"0.4.3..0.5.9 0.5.11.." is 0.4.3 to 0.5.9, and from 0.5.11 on."""
T = TypeVar("T")


class Derivation:
    """One run over the index of a host."""

    def __init__(self, host: Host, folder: Path, listings: Listings) -> None:
        self._host, self._folder, self._listings = host, folder, listings
        self._today = date.today().isoformat()
        self._unread: list[str] = []

    def write(self, name: str) -> str:
        """Derive one file; what was done, in a line."""
        document = self._releases(name)
        text = tables.text_of(document, _COMMENT.format(name=name))
        target = self._folder / f"{name}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        unread = f"; not read: {', '.join(self._unread)}" if self._unread else ""
        return f"{target}: {len(document['releases'])} releases, {len(text)} bytes{unread}"

    def _releases(self, name: str) -> tables.Document:
        head = {"source": f"wheels of {name} on PyPI", "checked": self._today}
        if name == "transformers":
            found = self._each(name, self._transformers)
            return tables.transformers_document([f for _, f in found], [r.released for r, _ in found], head)
        dated = [replace(f, released=r.released) for r, f in self._each(name, lambda one: self._engine(name, one))]
        return tables.engine_document(dated, head)

    def _each(self, name: str, read: Callable[[Release], T | None]) -> list[tuple[Release, T]]:
        """What `read` makes of every release that has a wheel, oldest first; those that it cannot read are left out."""
        files = self._listings.files(name, dated=True, timeout_s=60.0)
        listed = [release for release in releases(files, name) if release.wheels]
        with ThreadPoolExecutor(max_workers=4) as pool:
            found = list(zip(listed, pool.map(read, listed), strict=True))
            self._unread = [release.version for release, one in found if one is None]
            return [(release, one) for release, one in found if one is not None]

    def _engine(self, name: str, release: Release) -> EngineFacts | None:
        archive = self._host.archive(_wheel(release), timeout_s=60.0)
        return engine_facts(name, release.version, archive, thorough=True) if archive else None

    def _transformers(self, release: Release) -> TransformersFacts | None:
        archive = self._host.archive(_wheel(release), timeout_s=60.0)
        return transformers_facts(release.version, archive, thorough=True) if archive else None


def _wheel(release: Release) -> str:
    """The one for Linux on x86-64, else any."""
    return max(release.wheels, key=lambda url: ("x86_64" in url, url.partition("#")[0].endswith("none-any.whl")))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m installer.refresh.derive", description=__doc__)
    parser.add_argument("--into", type=Path, default=_FOLDER, help="folder to write to (default: the shipped one)")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(_NAMES)} (default: all)")
    options: Any = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(_NAMES))
    if unknown:
        parser.error(f"{unknown[0]}: not one of {', '.join(_NAMES)}")
    with tempfile.TemporaryDirectory() as folder:
        host = LocalHost(Path(folder))
        listings = Listings(host, places(host.sources(), host.environment()), Path(folder) / "listings")
        run = Derivation(host, options.into, listings)
        for name in options.names or _NAMES:
            sys.stdout.write(run.write(name) + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
