"""Whether a release of a package lacks a module, or a name in one of its modules. Reads sources; imports nothing.

Says so only where the sources leave no other way: a module that makes its names while it runs lacks nothing for sure.
"""

from __future__ import annotations

import re

from installer.knowledge.engines.sources import Sources

_BY_ITSELF = re.compile(
    r"^from\s+\S+\s+import\s+\*|^def __getattr__|sys\.modules\[|globals\(\)|^\s*exec\(", re.MULTILINE
)
"""A module may contain what is not written in it."""
_LAZY = re.compile(r"_LazyModule|lazy_loader")


def lacks(sources: Sources, package: str, source: str, name: str) -> bool:
    """Whether `from SOURCE import NAME` (without a name: `import SOURCE`) fails for sure in a release of `package`."""
    member = sources.member_of(source)
    if member is None:
        return _no_module(sources, package, source)
    text = sources.text(member)
    if not name or text is None or _has(text, name) or sources.member_of(f"{source}.{name}"):
        return False
    if any(one.startswith(f"{source.replace('.', '/')}/{name}") for one in sources.members):
        return False
    return not (_lists_itself(text) or (_BY_ITSELF.search(text) and not _LAZY.search(text)))


def _no_module(sources: Sources, package: str, source: str) -> bool:
    """Whether there is neither such a module nor a folder or compiled file of that name, nor one who makes it."""
    path = source.replace(".", "/")
    above = source.rpartition(".")[0]
    if not above or any(one.startswith((f"{path}/", f"{path}.")) for one in sources.members):
        return False
    top = sources.text(f"{package}/__init__.py") or ""
    named = re.search(rf"\b{re.escape(source.rpartition('.')[2])}\b", top)
    return sources.member_of(package) is not None and not named and not ("sys.modules" in top and not _LAZY.search(top))


def _lists_itself(text: str) -> bool:
    """Whether a module finds out what it offers by looking at its folder, as Transformers does."""
    return "define_import_structure" in text


def _has(text: str, name: str) -> bool:
    return bool(re.search(rf"\b{re.escape(name)}\b", text))
