"""Machine file text (YAML or JSON) -> `MachineFacts`, or one error with every problem in it.

A key that is absent is unknown. Nothing is looked up on the machine that we run on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from installer.core.files import document
from installer.core.files.document import Table
from installer.core.files.problems import Problem, quote, refusal
from installer.core.files.schema import FieldName, Rule, Rules, read
from installer.core.machine import facts as f
from installer.core.machine.facts import MachineFacts
from installer.core.recipes import rules as rule

_REPORT = {"schema", "machine", "findings"}
"""The keys of what `doctor --json` prints, which is taken as a machine file as it is."""


def parse(text: str, source: str) -> MachineFacts:
    """The facts of a machine file. Raises one `UsageError` that lists every problem."""
    tree = document.parse(text, source, "machine file")
    inner = tree.entries.get("machine")
    if isinstance(inner, Table) and set(tree.entries) <= _REPORT:
        tree = inner
    found, problems = read(tree, MachineFacts, RULES)
    if found is None:
        fix = "Correct these lines; docs/machine-file.md says what each key may be. Nothing was touched."
        raise refusal("machine file", source, problems, fix)
    return found


def _shaped(pattern: str, expected: str) -> Rule:
    shape = re.compile(pattern)

    def check(value: str) -> str:
        return "" if shape.fullmatch(value) else f"expected {expected}, found {quote(value)}"

    return check


def _plain(value: str) -> str:
    if not value.strip() or len(value) > 300:
        return "expected a short text, found " + quote(value)
    return rule.one_line(value)


_VERSION = _shaped(r"[0-9][A-Za-z0-9.+~:_-]*", 'a version such as "22.04"')
_NUMBERS = _shaped(r"[0-9]+(\.[0-9]+)+", 'a version such as "12.4"')
_PYTHON = _shaped(r"[0-9]+\.[0-9]+(\.[0-9]+)?", 'a Python version such as "3.11"')
_WORD = _shaped(r"[A-Za-z0-9][A-Za-z0-9._+-]*", "one word")

_VALUES: dict[FieldName, Rule] = {
    (MachineFacts, "name"): _plain,
    (MachineFacts, "python"): _PYTHON,
    (MachineFacts, "memory_mib"): rule.at_least(1),
    (MachineFacts, "memory_free_mib"): rule.at_least(0),
    (MachineFacts, "shm_mib"): rule.at_least(0),
    (MachineFacts, "tools"): _plain,
    (MachineFacts, "packages"): _VERSION,
    (MachineFacts, "ports_in_use"): rule.port,
    (f.OperatingSystem, "id"): _WORD,
    (f.OperatingSystem, "version"): _plain,
    (f.OperatingSystem, "glibc"): _NUMBERS,
    (f.OperatingSystem, "arch"): _WORD,
    (f.Container, "runtime"): _plain,
    (f.Container, "image"): _plain,
    (f.Container, "cuda"): _NUMBERS,
    (f.Driver, "version"): _NUMBERS,
    (f.Driver, "cuda"): _NUMBERS,
    (f.Driver, "error"): _plain,
    (f.Gpu, "name"): _plain,
    (f.Gpu, "compute_capability"): _shaped(r"[0-9]{1,2}\.[0-9]", 'a compute capability such as "8.6"'),
    (f.Gpu, "memory_mib"): rule.at_least(1),
    (f.Gpu, "free_mib"): rule.at_least(0),
    (f.GpuProcess, "pid"): rule.at_least(1),
    (f.GpuProcess, "name"): _plain,
    (f.GpuProcess, "memory_mib"): rule.at_least(0),
    (f.Gpu, "numa_node"): rule.at_least(0),
    (f.Gpu, "number"): rule.at_least(0),
    (f.GpuLink, "gpus"): rule.at_least(0),
    (f.GpuLink, "via"): _WORD,
    (f.Cpu, "cores"): rule.at_least(1),
    (f.Cpu, "features"): _WORD,
    (f.Calibration, "engine"): _WORD,
    (f.Calibration, "release"): _VERSION,
    (f.Calibration, "gpu"): _plain,
    (f.Calibration, "family"): _WORD,
    (f.Calibration, "starts"): rule.at_least(1),
    (f.Calibration, "kv_permille"): rule.at_least(1),
    (f.Disk, "path"): _shaped(r"/[^\n\r\t]*", "the path of a disk, beginning with /"),
    (f.Disk, "free_mib"): rule.at_least(0),
    (f.Disk, "filesystem"): _WORD,
}


def _listed_twice(found: MachineFacts, tree: Table) -> Iterator[Problem]:
    for key, named in (("disks", [disk.path for disk in found.disks or ()]), ("python", list(found.python or ()))):
        for twice in sorted({name for name in named if named.count(name) > 1}):
            yield Problem(tree.at(key), f"{quote(twice)} is listed twice under {key}")


RULES = Rules(
    values=_VALUES,
    keys={(MachineFacts, "tools"): _WORD, (MachineFacts, "packages"): _WORD},
    text=rule.text,
    cross_field={MachineFacts: _listed_twice},
    hidden=frozenset({(MachineFacts, name) for name in ("here", "other_gpus", "memory_servers")}),
)
