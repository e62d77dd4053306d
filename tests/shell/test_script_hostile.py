"""Scripts that were written to hurt whoever reads them, and files that are no scripts. Nothing is ever executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Install
from installer.shell import procedure, read_script

SCRIPTS = Path(__file__).parent.parent / "scripts"
HOSTILE = {
    "nested if": "if true; then\n" * 300 + "pip install x\n" + "fi\n" * 300,
    "nested $()": "echo " + "$(echo " * 300 + "a" + ")" * 300,
    "nested groups": "{ " * 300 + "pip install x;" + " }" * 300,
    "nested ${}": "echo " + "${A:-" * 300 + "a" + "}" * 300,
    "nested arithmetic": "echo $((" + "(" * 500 + "1" + ")" * 500 + "))",
    "open parentheses": "(" * 20_000,
    "long list": " && ".join(["true"] * 2000),
    "long test": "[[ " + " && ".join(["-n x"] * 1000) + " ]]",
    "long pipe": " | ".join(["cat"] * 500),
    "doubling": "A=xxxxxxxxxx\n" + 'A="$A$A"\n' * 200,
    "recursion": "f() { f; }\nf",
    "calls without number": "".join(f"f{i}() {{ f{i + 1}; f{i + 1}; f{i + 1}; }}\n" for i in range(10)) + "f0",
    "endless loop": "while true; do sleep 1; done",
    "loops in loops": "for i in {a,b} c d; do for j in " + "x " * 300 + "; do true; done; done",
    "fork bomb": ":(){ :|:& };:",
    "eval of itself": 'A=\'eval "$A"\'\neval "$A"',
    "bash of itself": 'export X=\'bash -c "$X"\'\nbash -c "$X"',
    "braces": "echo " + "{a,b}" * 20,
    "heredocs": "cat <<A <<B <<C\n" * 500,
    "not closed": "if ; then\n" * 500,
    "signs": ") ) )\n" * 500,
    "escapes": "pip install $'a\\x41' \"b\"'c'\\ d \"\\$X\" '' \\",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_survives(text: str) -> None:
    found, _ = procedure(text, "hostile.sh", MachineFacts())
    assert len(found.steps) <= 1


def test_says_what_is_nested_too_deeply() -> None:
    found, _ = procedure(HOSTILE["nested if"], "deep.sh", MachineFacts())
    assert any("nested" in piece.why for piece in found.not_followed)


def test_follows_ten_thousand_lines() -> None:
    text = "".join(f'pip install "p{i}=={i}" || exit 1\n' for i in range(10_000))
    found, _ = procedure(text, "long.sh", MachineFacts())
    assert len(found.steps) == 10_000
    assert isinstance(found.steps[-1], Install)
    assert found.steps[-1].line == 10_000


def test_line_ends_of_windows_are_line_ends() -> None:
    found, findings = procedure("#!/bin/bash\r\nset -e\r\npip install \\\r\n  a==1\r\n", "crlf.sh", MachineFacts())
    assert [step.requires for step in found.steps if isinstance(step, Install)] == [("a==1",)]
    assert [finding.subject for finding in findings] == ["carriage return"]


def test_goes_on_after_a_line_that_is_no_shell() -> None:
    found, findings = procedure("pip install a\n) ) fi\npip install b\n", "broken.sh", MachineFacts())
    assert [step.requires for step in found.steps if isinstance(step, Install)] == [("a",), ("b",)]
    assert [(finding.code, finding.severity, finding.line) for finding in findings] == [("shell-defect", "probe", 2)]


def test_a_quote_that_never_ends_is_certain() -> None:
    _, findings = procedure("pip install a\npip install 'b\n", "quote.sh", MachineFacts())
    assert [(finding.code, finding.severity) for finding in findings] == [("shell-defect", "blocker")]


def test_nothing_of_a_script_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "nothing-runs.sh"
    script.write_bytes((SCRIPTS / script.name).read_bytes())
    procedure(read_script(script), script.name, MachineFacts(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [script.name]


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("torch==2.4.1")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.txt").symlink_to(tmp_path / "outside.txt")
    text = f"pip install -r ../outside.txt -r link.txt -r {tmp_path}/outside.txt"
    found, _ = procedure(text, "a.sh", MachineFacts(), tmp_path / "in")
    assert not found.steps
    assert len(found.not_followed) == 3


BAD = {
    "empty": (b"", "empty"),
    "spaces": (b"\n \n", "empty"),
    "comments": (b"#!/bin/bash\n# later\n", "no commands"),
    "binary": (b"\x7fELF\x02\x01\x01\0\0\0", "binary"),
    "zero bytes": (b"pip install a\0b\n", "binary"),
    "control characters": (b"pip install a\x01\x02\n", "binary"),
    "UTF-16": ("pip install a\n".encode("utf-16"), "UTF-16"),
    "Latin-1": (b"echo a\necho \xe9t\xe9\n", "line 2"),
    "5 MB": (b"echo a\n" * 750_000, "larger"),
}


@pytest.mark.parametrize(("data", "says"), BAD.values(), ids=BAD)
def test_refuses_what_is_no_script(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "script.sh"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=says) as caught:
        read_script(path)
    assert str(path) in str(caught.value)


def test_refuses_what_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.sh"):
        with pytest.raises(UsageError, match="cannot be read"):
            read_script(path)


def test_takes_a_byte_order_mark_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bom.sh"
    path.write_bytes(b"\xef\xbb\xbfpip install a\n")
    assert read_script(path) == "pip install a\n"
