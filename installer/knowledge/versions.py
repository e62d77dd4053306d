"""Version demands as recipes write them: PEP 440 specifiers, or a bare version, which means "at least". Pure."""

from __future__ import annotations

from installer.core.text.numbers import is_whole


def specifier(wanted: str) -> str:
    """`specifier("2.34")` is ">=2.34"; a specifier stays as it is."""
    wanted = wanted.strip()
    return f">={wanted}" if is_whole(wanted[:1]) else wanted


def fits(version: str | None, wanted: str) -> bool | None:
    """Whether `version` satisfies `wanted`; `None` if the version is not known, or is none."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifier(wanted)).contains(Version(version or ""), prereleases=True)
    except InvalidVersion:
        return None
