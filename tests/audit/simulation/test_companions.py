"""What an engine uses of the packages beside it, compared in real (small) wheels; packages that hold nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.audit.simulation import companions, hollow_packages
from installer.core.packages.archive import Archive
from installer.host.local import LocalHost
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


def archive(folder: Path, name: str, version: str, member: str, data: bytes) -> Archive:
    wheel = build(folder, name, version, more={member: data})
    opened = LocalHost(folder).archive(str(wheel))
    assert opened is not None
    return opened


def test_only_what_is_gone_and_used_unasked_is_named(tmp_path: Path) -> None:
    own = archive(tmp_path, "engine", "1.0", "engine/tokenizer.py", ENGINE)
    texts = [companions._core(archive(tmp_path, "companion", version, "companion/base.py", data), "companion")
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
    assert hollow_packages._holds(held, "airports.codes") and hollow_packages._holds(held, "airports")
    assert not hollow_packages._holds(held, "airports.names")
