"""`--slim`: files that only other GPUs load are left out of wheels, where a release is known to do without them.

A wheel that became smaller is another build of its release, and the bundle is for these GPUs alone from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from installer.bundles.packing import Content, member_of
from installer.bundles.slimming import Slim, without
from installer.core.packages.lock import Lock
from installer.core.text.quantities import counted, size
from installer.host.fetching import Wanted
from installer.knowledge import extensions
from installer.session.bundling.wheels import DEPLOYMENT, WheelSources
from installer.session.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Slimmed:
    """The wheels of a bundle, some of them smaller."""

    wanted: Mapping[str, Wanted]
    contents: list[Content]
    capabilities: tuple[str, ...] = ()
    """The compute capabilities that they are for; empty: nothing was left out."""
    notes: tuple[str, ...] = field(default_factory=tuple)


def of(
    prepared: Prepared, lock: Lock, wanted: Mapping[str, Wanted], contents: list[Content], desk: WheelSources
) -> Slimmed:
    """Without what no GPU of that machine loads; what was saved is in the notes."""
    gpus = [gpu.compute_capability for gpu in prepared.facts.gpus or ()]
    known = tuple(sorted({one for one in gpus if one}))
    if not known or None in gpus:
        return Slimmed(wanted, contents, notes=("--slim left nothing out: that machine's GPUs are not known.",))
    versions = {package.name: package.version for package in lock.packages}
    index_of = {content.member.path: number for number, content in enumerate(contents)}
    found, made, slimmed = dict(wanted), list(contents), list[tuple[str, Slim]]()
    for name, one in wanted.items():
        place = index_of[f"{DEPLOYMENT}/{one.name}"]
        globs = extensions.for_other_gpus(name, versions[name], known)
        slim = without(contents[place].file, globs, one.sha256, desk.work / "slim") if globs else None
        if slim is not None:
            member = member_of(f"{DEPLOYMENT}/{slim.file.name}", slim.file, "wheel")
            made[place] = member
            found[name] = replace(one, name=slim.file.name, sha256=member.member.sha256)
            slimmed.append((f"{name} {versions[name]}", slim))
    if not slimmed:
        return Slimmed(
            wanted, contents, notes=("--slim left nothing out: no file of these is known to be for other GPUs alone.",)
        )
    return Slimmed(found, made, known, (_summary(slimmed, known),))


def _summary(slimmed: list[tuple[str, Slim]], known: tuple[str, ...]) -> str:
    each = ", ".join(f"{counted(slim.files, 'file')} of {name}" for name, slim in slimmed)
    packed, unpacked = sum(slim.packed for _, slim in slimmed), sum(slim.unpacked for _, slim in slimmed)
    return (
        f"Left out, because only other GPUs than compute capability {', '.join(known)} load it: {each}. It saves"
        f" {size(packed)}, and {size(unpacked)} once it is installed. These wheels are other builds than the index's."
    )
