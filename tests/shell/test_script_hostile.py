"""Scripts that were written to hurt whoever reads them, and files that are no scripts. Nothing is ever executed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Install
from installer.disk import given
from installer.shell import procedure, read_script
from installer.shell.budget import Budget, SpentError
from installer.shell.grammar import parse

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
    "many words in a loop": "for i in " + "a " * 40_000 + "; do true; done",
    "many lines of one command": "pip install \\\n" + "  a==1 \\\n" * 50_000 + "\n",
    "patterns": "[[ " + "a" * 999 + "b =~ a*a*a*a*a*a*a*a*c ]]",
    "placeholders": "pip install " + "<YOUR> " * 100_000,
    "deep folder": "cd d\n" * 24_000,
    "functions without number": "f() " * 60_000,
    "much Python": "python -c '" + "(" * 90_000 + ")" * 90_000 + "'",
    "escapes": "pip install $'a\\x41' \"b\"'c'\\ d \"\\$X\" '' \\",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_survives(text: str) -> None:
    found, _ = procedure(text, "hostile.sh", MachineFacts())
    assert len(found.steps) <= 1


SPENT = {
    "loop": ("pip install a\nfor i in {1..1000}; do for j in {1..1000}; do true; done; done", 2, "25,000 commands"),
    "counting": ("for i in $(seq 1 100000000); do true; done", 1, "longer than 100,000"),
    "nested loops": ("".join(f"for i{k} in $(seq 1 1000); do\n" for k in range(6)) + ":\n" + "done\n" * 6, 7, "25,000"),
    "array": ("pip install a\nx=(a b)\n" + 'x=("${x[@]}" "${x[@]}")\n' * 60, 18, "32 MB"),
    "growing array": ('for i in $(seq 1 1000); do x+=("$i" "${x[@]}"); done', 1, "32 MB"),
    "arguments": ("set -- a b\n" + "set -- $@ $@\n" * 60, 17, "32 MB"),
    "word": ("A=xxxxxxxxxx\n" + 'A="$A$A"\n' * 200, 15, "longer than 100,000"),
    "appended": ("A=a\nfor i in {1..900}; do for j in {1..20}; do A+=" + "a" * 90 + "; done; done", 2, "100,000"),
    "replaced": ("A=" + "a" * 90_000 + "\nB=${A//a/" + "b" * 1000 + "}", 2, "longer than 100,000"),
    "file": ("echo aaaaaaaaaa > f\n" + "cat f f > g; cat g g > f\n" * 60, 11, "32 MB"),
    "printed": ("x=$(printf '" + "a" * 50_000 + "%s' {1..900})", 1, "longer than 100,000"),
    "read": ("pip install a\necho " + "a " * 450_000, 2, "32 MB"),
    "exported": ("".join(f"export V{i}=1\n" for i in range(3000)) + "ls\n" * 20_000, 3521, "32 MB"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "why"), SPENT.values(), ids=SPENT)
def test_what_it_may_take_is_bounded_and_told_where_it_was_spent(text: str, line: int, why: str) -> None:
    found, _ = procedure(text, "hostile.sh", MachineFacts())
    assert [(piece.line, why in piece.why) for piece in found.not_followed][:1] == [(line, True)], found.not_followed
    assert len(found.steps) == text.startswith("pip"), "what stands before it was followed"


def test_its_time_is_bounded_and_told() -> None:
    budget = Budget(seconds=-1)
    with pytest.raises(SpentError, match="seconds"):
        for line in range(100):
            budget.step(line, "true")
    assert "takes too long" in parse("f() " * 5000, budget).broken[0].why


def test_braces_count() -> None:
    found, _ = procedure("pip install a{1..3} b{08..09} c{1..100000000} {d,e}", "braces.sh", MachineFacts())
    assert found.not_followed[0].why.startswith("what is installed depends on something that is not known")


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


def test_a_pipe_is_read_to_its_end_and_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    with pytest.raises(UsageError, match="not a regular file but a pipe"):
        read_script(pipe)
    end = os.open(pipe, os.O_RDWR)
    try:
        os.write(end, b"pip install a\n")
        monkeypatch.setattr(given, "PATIENCE_S", 0.05)
        with pytest.raises(UsageError, match="was not closed"):
            read_script(pipe)
    finally:
        os.close(end)
    with subprocess.Popen(["echo", "pip install b"], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        monkeypatch.setattr(given, "PATIENCE_S", 60)
        assert read_script(Path(f"/dev/fd/{writer.stdout.fileno()}")) == "pip install b\n"


def test_a_device_is_no_script() -> None:
    with pytest.raises(UsageError, match="it is a device"):
        read_script(Path("/dev/zero"))


def test_refuses_what_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.sh"):
        with pytest.raises(UsageError, match="cannot be read"):
            read_script(path)


def test_takes_a_byte_order_mark_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bom.sh"
    path.write_bytes(b"\xef\xbb\xbfpip install a\n")
    assert read_script(path) == "pip install a\n"
