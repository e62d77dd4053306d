"""The bill of materials of a bundle, in CycloneDX 1.5 (JSON). What is not known of a package (its licence) is left out.

uv exports that form out of its own lock file alone, and a deployment has none; there is no more to it than this.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from installer.bundles.manifest import Bundle, Member

NAME = "sbom.cdx.json"
_OTHER_BUILD = "another build than the index's: files that only other GPUs load were left out"


def written(bundle: Bundle, members: Sequence[Member]) -> str:
    """The document for a bundle with these members."""
    components = [component for member in members for component in _component(member)]
    components += [_reused(name, version) for name, version in bundle.reuse.items()]
    seed = "\n".join(sorted(member.sha256 for member in members))
    body = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, seed)}",
        "version": 1,
        "metadata": {
            "timestamp": f"{bundle.made}T00:00:00Z",
            "tools": {"components": [{"type": "application", "name": "deploy-tui", "version": bundle.tool}]},
            "component": {"type": "application", "name": bundle.name, "bom-ref": bundle.name},
        },
        "components": components,
    }
    return json.dumps(body, indent=1) + "\n"


def _component(member: Member) -> Iterator[Mapping[str, Any]]:
    file = PurePosixPath(member.path)
    hashes = [{"alg": "SHA-256", "content": member.sha256}]
    if file.suffix == ".whl":
        try:
            name, release, build, _ = parse_wheel_filename(file.name)
        except InvalidWheelFilename:
            return
        purl = f"pkg:pypi/{name}@{quote(str(release), safe='')}"
        other = {"description": _OTHER_BUILD} if str(build[1:]).count("slim") else {}
        yield {"type": "library", "name": name, "version": str(release), "purl": purl, **other, **_rest(member, hashes)}
    elif file.suffix == ".deb":
        deb, version, arch = (*file.stem.split("_"), "", "")[:3]
        purl = f"pkg:deb/debian/{quote(deb)}@{version}?arch={arch}"
        yield {"type": "library", "name": deb, "version": version, "purl": purl, **_rest(member, hashes)}
    elif member.what == "model" and not member.path.endswith(".json"):
        yield {"type": "machine-learning-model", "name": file.name, **_rest(member, hashes)}


def _rest(member: Member, hashes: list[dict[str, str]]) -> dict[str, Any]:
    return {"bom-ref": member.path, "hashes": hashes}


def _reused(name: str, version: str) -> Mapping[str, Any]:
    """What the machine's own image has; its hash is not known."""
    return {
        "type": "library", "name": canonicalize_name(name), "version": version, "bom-ref": f"image/{name}",
        "purl": f"pkg:pypi/{canonicalize_name(name)}@{quote(version, safe='')}", "scope": "required",
        "description": "not in the bundle: the machine's own Python has it",
    }  # fmt: skip
