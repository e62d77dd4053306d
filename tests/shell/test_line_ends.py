"""What bash makes of line ends, of spaces around `=` and of signs that only look right."""

from __future__ import annotations

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.plans.plan import Finding
from installer.shell import procedure


def said(text: str) -> list[tuple[str, int | None]]:
    findings: list[Finding] = procedure(text, "s.sh", MachineFacts())[1]
    return [(found.severity, found.line) for found in findings if found.code == "shell-defect"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pip install a\r\nvllm serve m\r\n", ("blocker", 1)),
        ("vllm serve m \\ \n  --port 1\n", ("blocker", 1)),
        ("vllm serve m \\  # the port\n  --port 1\n", ("blocker", 1)),
        ("vllm serve m \\\n  # --seed 1 \\\n  --port 1\n", ("warning", 2)),
        ("vllm serve m\n  --port 1\n", ("warning", 2)),
        ("vllm serve m \u2013port 1\n", ("blocker", 1)),
        ("vllm\u00a0serve m\n", ("blocker", 1)),
        ("set -e\nexport X = /y\n", ("blocker", 2)),
        ("X = /y\n", ("warning", 1)),
        ("set -e\n$X=1\n", ("blocker", 2)),
        ("set -e\nPORT= 8000\n", ("blocker", 2)),
        ("MODEL= Qwen/Qwen3-8B\n", ("warning", 1)),
    ],
)
def test_what_bash_punishes_is_said(text: str, expected: tuple[str, int]) -> None:
    assert expected in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "vllm serve m \\\n  --port 1 \\\n",
        "echo 'a \\ '\ncat <<END\nx \\ \nEND\n",
        "export X Y=1\nexport -n Z\nexport $NAMES\n",
        "# a \\ \nX=1 vllm serve m\n",
        "CUDA_VISIBLE_DEVICES= ./serve.sh\nDEBUG= nvidia-smi\nIFS= read -r LINE\nX=\n",
        '[ "$X" = y ] && echo \u201chello\u201d\n',
    ],
)
def test_what_bash_takes_is_not_said(text: str) -> None:
    assert said(text) == []
