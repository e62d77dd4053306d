"""What an engine uses of the packages beside it, compared in real (small) wheels; packages that hold nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.audit.simulation import absent_names, companions, packages_without_module, registrations, signatures
from installer.host.local import LocalHost
from installer.knowledge.engines.sources import Sources
from tests.stand_ins.wheels import build

ENGINE = b"""\
from companion import Tokenizer
def load(tokenizer):
    tokenizer.kept()
    tokenizer.special_extended  # gone
    if hasattr(tokenizer, "asked_for"):
        tokenizer.asked_for
    tokenizer.never_there
class Cached:
    def special_extended(self):
        return self.own_thing
"""
OLD = b"class Tokenizer:\n    def kept(self): ...\n    def special_extended(self): ...\n    def asked_for(self): ...\n"
NEW = b"class Tokenizer:\n    def kept(self): ...\n    own_thing = 1\n"


def sources(folder: Path, name: str, version: str, member: str, data: bytes) -> Sources:
    wheel = build(folder, name, version, more={member: data})
    opened = LocalHost(folder).archive(str(wheel))
    assert opened is not None
    return Sources(opened)


def test_only_what_is_gone_and_used_unasked_is_named(tmp_path: Path) -> None:
    own = sources(tmp_path, "engine", "1.0", "engine/tokenizer.py", ENGINE)
    texts = [companions._core(sources(tmp_path, "companion", version, "companion/base.py", data), "companion")
             for version, data in (("4.0", OLD), ("5.0", NEW))]  # fmt: skip
    old, new = (set(companions._WORD.findall(" ".join(text))) for text in texts)
    assert {"special_extended", "asked_for"} <= old - new
    lost = dict(companions._lost(own, ["engine/tokenizer.py"], "companion", old - new))
    assert lost == {"special_extended": "engine/tokenizer.py"}
    assert not dict(companions._lost(own, ["engine/tokenizer.py"], "another", old - new))


@pytest.mark.parametrize(
    ("there", "before", "newer"),
    [("5.0.1", "4.57.0", True), ("4.57.3", "4.56.0", False), ("0.2.0", "0.1.9", True), ("0.1.9", "0.1.2", False),
     ("4.0", "5.0", False), ("2.9.1+cu128", "2.8.0", False)],
)  # fmt: skip
def test_only_a_companion_of_a_later_kind_is_compared(there: str, before: str, newer: bool) -> None:
    assert companions._is_newer(there, before) is newer


def test_a_module_is_held_as_a_file_or_a_folder() -> None:
    held = {"airports/__init__.py", "airports/codes.py"}
    assert packages_without_module._contains(held, "airports.codes") and packages_without_module._contains(
        held, "airports"
    )
    assert not packages_without_module._contains(held, "airports.names")


CALLER = """\
import companion.tools as tools
from companion import Loader, load
def start(path, loader: Loader, other):
    load(path, fast=True)
    tools.join(path, 1)
    loader.encode(path, special=True)
    other.encode(path, special=True)
    load(path, never=1)
    try:
        load(path, fast=True, twice=1)
    except TypeError:
        load(path)
    if tools.version > "5":
        load(path)
class Kept:
    def __init__(self):
        self.loader = Loader("a", 1)
    def use(self):
        self.loader.decode(ids=[1])
"""
THEN = """\
def load(path, fast=False, twice=0): ...
class Loader:
    def __init__(self, name, size=1): ...
    def encode(self, text, special=False): ...
    def decode(self, ids): ...
"""


def refused(folder: Path, now: str, tools: str = "def join(a, b=0): ...\n") -> list[tuple[str, str]]:
    own = sources(folder, "engine", "1.0", "engine/start.py", CALLER.encode())
    found = []
    for version, text, more in (("4.0", THEN, "def join(a, b=0): ...\n"), ("5.0", now, tools)):
        wheel = build(folder, "companion", version,
                      more={"companion/__init__.py": b"from .inner import Loader, load\n",
                            "companion/inner.py": text.encode(), "companion/tools.py": more.encode()})  # fmt: skip
        opened = LocalHost(folder).archive(str(wheel))
        assert opened is not None
        found.append(Sources(opened))
    return [
        (one.called, one.why) for one in signatures.refused(own, ["engine/start.py"], "companion", (found[0], found[1]))
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("fast=False, ", "", [("load", "takes no argument fast")]),
        ("def load(path, fast=False", "@wrapped\ndef load(path", []),
        ("fast=False, twice=0", "**more", []),
        ("special=False", "*, plain=False", [("Loader.encode", "takes no argument special")]),
        ("def decode(self, ids)", "def decode(self, tokens)", [("Loader.decode", "takes no argument ids")]),
        ("name, size=1", "name", [("Loader", "accepts at most 1 by position, but is given 2")]),
        ("self, ids", "self, ids, how", [("Loader.decode", "lacks the required argument how")]),
        ("class Loader:", "class Loader(Other):", []),
    ],
)  # fmt: skip
def test_a_call_that_is_not_taken_any_more_is_found(
    tmp_path: Path, old: str, new: str, expected: list[tuple[str, str]]
) -> None:
    assert refused(tmp_path, THEN.replace(old, new) if old else THEN) == expected


def test_a_function_of_a_module_is_followed_to_where_it_is_defined(tmp_path: Path) -> None:
    gone = "from .inner import nothing\ndef join(a): ...\n"
    assert refused(tmp_path, THEN, gone) == [("join", "accepts at most 1 by position, but is given 2")]


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [("companion", "kept", False), ("companion", "gone", True), ("companion.inner", "", False),
     ("companion.inner.deep", "", True), ("companion.open", "gone", False), ("companion", "inner", False)],
)  # fmt: skip
def test_a_name_is_absent_only_where_nothing_can_make_it(
    tmp_path: Path, source: str, name: str, expected: bool
) -> None:
    more = {"companion/__init__.py": b"from .inner import kept\n", "companion/inner.py": b"def kept(): ...\n",
            "companion/open.py": b"def __getattr__(name): ...\n"}  # fmt: skip
    opened = LocalHost(tmp_path).archive(str(build(tmp_path, "companion", "1.0", more=more)))
    assert opened is not None
    assert absent_names.lacks(Sources(opened), "companion", source, name) is expected


REGISTERS = b"""\
from companion import AutoConfig
AutoConfig.register("taken", object)
AutoConfig.register("allowed", object, exist_ok=True)
def later():
    AutoConfig.register("never_called", object)
try:
    AutoConfig.register("caught", object)
except ValueError:
    pass
"""


def test_only_what_is_registered_on_import_and_may_not_be_there_counts(tmp_path: Path) -> None:
    more = {"engine/configs/__init__.py": b"from .own import Config\n", "engine/configs/own.py": REGISTERS,
            "engine/configs/lazy.py": REGISTERS}  # fmt: skip
    opened = LocalHost(tmp_path).archive(str(build(tmp_path, "engine", "1.0", more=more)))
    assert opened is not None
    found = list(registrations.registered(Sources(opened), ("engine/configs/*.py",)))
    assert [(one.name, one.member) for one in found] == [("taken", "engine/configs/own.py")]
