"""What a build says of itself in its version, its file name or the address of its index: CUDA, torch, C++ ABI. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from installer.core.plans.stack import Placed

_CUDA = re.compile(r"(?<![a-z])cu(\d{2,3})(?!\d)")
_TORCH = re.compile(r"(?:torch|pt)[-_]?(\d)\.?(\d{1,2})(?:\.\d+)?(?!\d)")
_ABI = re.compile(r"cxx11abi(true|false|1|0)")


@dataclass(frozen=True, slots=True)
class BuildTags:
    """Each empty if nothing says it."""

    cuda: str = ""
    """"12.4", or "12" where only the major release is named."""
    torch: str = ""
    """Its minor release, such as "2.4"."""
    abi: str = ""
    """"cxx11" or "pre-cxx11"."""

    def __or__(self, other: BuildTags) -> BuildTags:
        return BuildTags(self.cuda or other.cuda, self.torch or other.torch, self.abi or other.abi)


def of_text(text: str) -> BuildTags:
    """The tags in a local version ("cu124torch2.4") or in a path ("/whl/cu124/torch2.4/")."""
    text = unquote(text).lower()
    cuda, torch, abi = _CUDA.search(text), _TORCH.search(text), _ABI.search(text)
    return BuildTags(
        _cuda(cuda.group(1)) if cuda else "",
        f"{torch.group(1)}.{int(torch.group(2))}" if torch else "",
        "" if abi is None else "cxx11" if abi.group(1) in ("true", "1") else "pre-cxx11",
    )


def of_local(version: str) -> BuildTags:
    """The tags in the local part of a version."""
    return of_text(version.partition("+")[2].replace("torch", "-torch"))


def of_address(package: Placed) -> BuildTags:
    """The tags in where it came from: the folder of its wheel, or its index."""
    found = BuildTags()
    for address in (package.url.rpartition("/")[0], package.source):
        if "://" in address:
            found |= of_text(address.partition("://")[2].partition("/")[2])
    return found


def of_this_machine(url: str) -> bool:
    """Whether a wheel is on this machine, so that it need not be what PyPI has under that name and version."""
    try:
        return bool(url) and urlsplit(url).hostname in (None, "localhost", "127.0.0.1", "::1")
    except ValueError:
        return True


def minor(version: str) -> str:
    """ "2.4" of "2.4.1+cu124"."""
    return ".".join(version.partition("+")[0].split(".")[:2])


def _cuda(digits: str) -> str:
    """ "124" is 12.4 and "12" is 12."""
    return f"{digits[:2]}.{digits[2:]}" if len(digits) > 2 else digits
