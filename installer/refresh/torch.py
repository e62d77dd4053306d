"""Adds new releases of torch to `installer/knowledge/torch.yaml`: CUDA, triton, Pythons, GPUs of the build on PyPI.

The file is kept by hand otherwise, so rows are put in as lines and nothing else of it is touched. What the build on
another index has is not in that wheel, and is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from installer.core.packages.archive import Archive
from installer.core.plans.stack import Release
from installer.knowledge.tables import table
from installer.packages.wheels import contents
from installer.refresh.run import Run, missing

_FILE = "torch.yaml"
_MEMBER = "torch/lib/libtorch_cuda.so"
_REPEATS = 40
"""Containers in a row without a new architecture, after which the rest is taken to be alike."""
_TAG = re.compile(r"-cp3(\d+)-cp3\d+-")


@dataclass(frozen=True, slots=True)
class Torch:
    name: str = "torch"
    packages: tuple[str, ...] = ("torch",)

    def known(self, run: Run, package: str) -> frozenset[str]:
        """All up to the newest row; the newest only where the architectures of its build are listed."""
        document = _document(run)
        rows = document["releases"]
        newest = max((Version(row["torch"]) for row in rows), default=Version("0"))
        return frozenset(
            release.version
            for release in run.released(package)
            if (version := Version(release.version)) < newest
            or version.is_prerelease
            or (version == newest and _has_architectures(document, release.version))
        )

    def refresh(self, run: Run) -> Iterator[str]:
        for release in missing(self, run, "torch"):
            archive = _archive(run, release)
            facts = _facts(release, archive) if archive else None
            if archive is None or facts is None:
                yield f"torch {release.version}: its wheel for Linux on x86-64 could not be read"
                continue
            code = contents.read_binaries(archive, [_MEMBER], repeats=_REPEATS)
            _put(run, facts, sorted(code[0].elf) if code else [])
            yield f"torch {release.version}: CUDA {facts['cuda']}" + "".join(
                f", sm_{n}" for one in code for n in one.elf
            )


def _document(run: Run) -> Mapping[str, Any]:
    import yaml

    document: Mapping[str, Any] = yaml.safe_load((run.folder / _FILE).read_text(encoding="utf-8"))
    return document


def _has_architectures(document: Mapping[str, Any], version: str) -> bool:
    variant = next(row["variant"] for row in document["releases"] if row["torch"] == version)
    builds = [row for row in document["builds"] if row["torch"] == _minor(version) and row["variant"] == variant]
    return any("sm" in row for row in builds)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _archive(run: Run, release: Release) -> Archive | None:
    urls = [url for url in release.wheels if "manylinux" in url and "x86_64" in url]
    return run.host.archive(urls[0], timeout_s=120.0) if urls else None


def _facts(release: Release, archive: Archive) -> dict[str, Any] | None:
    """The fields of a row; `None` if the wheel names no CUDA."""
    requires = [Requirement(line) for line in contents.facts(archive.url, archive).requires]
    cuda = next((_exact(one) for one in requires if canonicalize_name(one.name) in table("torch")["cuda_packages"]), "")
    triton = next((str(one.specifier) for one in requires if one.name == "triton"), "")
    pythons = sorted({int(found[1]) for url in release.wheels if (found := _TAG.search(url)) and "linux" in url})
    if not cuda:
        return None
    major, minor = cuda.split(".")[:2]
    return {
        "torch": release.version, "released": release.released, "variant": f"cu{major}{minor}", "cuda": cuda,
        "pythons": [f"3.{number}" for number in pythons], "triton": triton.removeprefix("=="),
    }  # fmt: skip


def _exact(requirement: Requirement) -> str:
    return next((one.version for one in requirement.specifier if one.operator == "=="), "")


def _put(run: Run, facts: Mapping[str, Any], architectures: list[int]) -> None:
    file = run.folder / _FILE
    lines = file.read_text(encoding="utf-8").splitlines()
    end = f'source: pypi, checked: "{run.today}"}}'
    if not any(f'- {{torch: "{facts["torch"]}", released' in line for line in lines):
        pythons = ", ".join(f'"{one}"' for one in facts["pythons"])
        _after_the_last(
            lines, ", released: ",
            f'  - {{torch: "{facts["torch"]}", released: "{facts["released"]}", variant: {facts["variant"]}, '
            f'cuda: "{facts["cuda"]}", pythons: [{pythons}], triton: "{facts["triton"]}", cxx11_abi: true, {end}',
        )  # fmt: skip
    start = f'  - {{torch: "{_minor(facts["torch"])}", variant: {facts["variant"]}, arch: x86_64, '
    row = f"{start}sm: {architectures}, cxx11_abi: true, {end}" if architectures else f"{start}cxx11_abi: true, {end}"
    place = next((place for place, line in enumerate(lines) if line.startswith(start)), None)
    if place is not None:
        lines[place] = row
    else:
        _after_the_last(lines, ", arch: x86_64, ", row)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _after_the_last(lines: list[str], mark: str, row: str) -> None:
    last = max(place for place, line in enumerate(lines) if line.startswith("  - {torch: ") and mark in line)
    lines.insert(last + 1, row)
