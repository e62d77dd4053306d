"""Scripts as other people write them, one for each class of faults, and what must be said of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.cli import main

HERE = Path(__file__).parent / "classes"
ROWS: list[dict[str, Any]] = yaml.safe_load((HERE / "expected.yaml").read_text(encoding="utf-8"))


def holds(check: Mapping[str, Any], answer: Mapping[str, Any], code: int, text: str) -> bool:
    """Whether an answer says what it must, and not what it must not."""
    if "any_of" in check:
        return any(holds(one, answer, code, text) for one in check["any_of"])
    found = answer.get("findings", [])
    blocking, every = [f["code"] for f in found if f["severity"] == "blocker"], [f["code"] for f in found]
    return (
        set(check.get("block", ())) <= set(blocking)
        and set(check.get("found", ())) <= set(every)
        and not set(check.get("never_block", ())) & set(blocking)
        and check.get("verdict", answer.get("verdict")) == answer.get("verdict")
        and ("not_verdict" not in check or answer.get("verdict") not in (None, check["not_verdict"]))
        and check.get("exit", code) == code
        and all(word.lower() in text for word in check.get("text", ()))
        and not any(word.lower() in text for word in check.get("never_text", ()))
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: what the index said once need not be asked again."""
    return tmp_path_factory.mktemp("home")


@pytest.mark.real
@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["file"]))
def test_what_must_be_said_is_said(row: Mapping[str, Any], home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = [str(HERE / row["file"]), "--machine", str(HERE / row["machine"]), "--as-of", row["as_of"]]
    code = main(["audit", *words, "--home", str(home), "--json"])
    told = capfd.readouterr()
    answer = json.loads(told.out) if told.out.strip() else {}
    assert holds(row["check"], answer, code, (told.out + told.err).lower()), row["expected"]
