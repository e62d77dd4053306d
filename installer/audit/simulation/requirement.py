"""What an install command requires: a named package, a wheel, a repository, a folder. Pure; reads nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from installer.core.outcomes import Word

_NAMED = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*@\s*(\S+)")
_EXTRAS = re.compile(r"\[([^\]]*)\]\s*$")
_REPOSITORY = re.compile(r"^(git|hg|svn|bzr)\+")
_SOURCE = re.compile(r"\.(tar\.gz|zip|tar\.bz2|tgz)$")


def _environment(python: str, arch: str) -> Mapping[str, str]:
    """What the markers of a requirement are compared with on such a machine."""
    return MappingProxyType(
        {
            "python_version": python, "python_full_version": f"{python}.99", "platform_machine": arch,
            "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
            "implementation_name": "cpython", "platform_python_implementation": "CPython",
        }
    )  # fmt: skip


class RequirementKind(Word):
    """Where a requirement takes its package from."""

    INDEX = "index"
    WHEEL = "wheel"
    SOURCE = "source"
    """A repository, an archive or a folder of source code."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One requirement as it was written."""

    text: str
    kind: RequirementKind
    name: str = ""
    """In its normal form; empty if the words do not say it."""
    extras: tuple[str, ...] = ()
    specifier: str = ""
    """PEP 440."""
    address: str = ""
    """Of a wheel or of source code."""

    @property
    def exact(self) -> str:
        """The version that it pins; empty if it leaves a choice."""
        match = re.fullmatch(r"={2,3}\s*([^,*\s]+)", self.specifier.strip())
        return match[1] if match else ""

    @property
    def local(self) -> str:
        """The local part of the pin, such as "cu124"."""
        return self.exact.partition("+")[2]

    @property
    def plain(self) -> str:
        """The same requirement without its marker."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras}{self.specifier}"

    def allows(self, version: str) -> bool:
        """Whether that version satisfies it; what cannot be compared counts as satisfied."""
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
        from packaging.version import InvalidVersion, Version

        try:
            return SpecifierSet(self.specifier).contains(Version(version), prereleases=True)
        except (InvalidSpecifier, InvalidVersion):
            return True


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads requirements for one kind of machine."""

    python: str
    arch: str = "x86_64"

    def read(self, text: str, extras: Sequence[str] = ()) -> Wanted | None:
        """The requirement; `None` if its marker says that it is not meant for this machine, or for another extra."""
        text = text.strip()
        text = re.sub(r"^(-e|--editable)[\s=]+", "", text)
        if direct := _direct(text):
            return direct
        return self._named(text, extras)

    def _named(self, text: str, extras: Sequence[str]) -> Wanted | None:
        from packaging.requirements import InvalidRequirement, Requirement

        try:
            parsed = Requirement(text)
        except InvalidRequirement:
            return Wanted(text, RequirementKind.UNCLEAR)
        around = _environment(self.python, self.arch)
        if parsed.marker and not any(parsed.marker.evaluate({**around, "extra": extra}) for extra in ("", *extras)):
            return None
        return Wanted(
            text,
            RequirementKind.INDEX,
            canonicalize_name(parsed.name),
            tuple(sorted(parsed.extras)),
            str(parsed.specifier),
        )


def _direct(text: str) -> Wanted | None:
    """A wheel or source code that is named by address or path."""
    named = _NAMED.match(text)
    address = named[3] if named else text
    extras = named[2] if named and named[2] else ""
    if not named and (match := _EXTRAS.search(address)) and _is_place(address):
        extras, address = match[0], address[: match.start()]
    if not _is_place(address):
        return None
    name = canonicalize_name(named[1]) if named else _name_of(address)
    wheel = urlsplit(address).path.endswith(".whl")
    words = tuple(word.strip() for word in extras.strip("[] ").split(",") if word.strip())
    return Wanted(text, RequirementKind.WHEEL if wheel else RequirementKind.SOURCE, name, words, address=address)


def _is_place(text: str) -> bool:
    return (
        bool(_REPOSITORY.match(text))
        or "://" in text
        or text.startswith((".", "/", "~"))
        or text.endswith(".whl")
        or bool(_SOURCE.search(text))
    )


def _name_of(address: str) -> str:
    """The package's name as its address shows it; empty if it does not."""
    parts = urlsplit(_REPOSITORY.sub("", address))
    if egg := re.search(r"egg=([A-Za-z0-9._-]+)", parts.fragment):
        return canonicalize_name(egg[1])
    last = unquote(parts.path.rstrip("/").rsplit("/", 1)[-1])
    if last.endswith(".whl"):
        return canonicalize_name(last.split("-")[0])
    if _SOURCE.search(last):
        return canonicalize_name(re.sub(r"-\d.*$", "", last))
    if "://" not in address:
        return ""
    return canonicalize_name(last.partition("@")[0].removesuffix(".git"))
