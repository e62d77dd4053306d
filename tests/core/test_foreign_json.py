from __future__ import annotations

import json

import pytest

from installer.core.files import foreign_json


@pytest.mark.parametrize("text", ['{"a": "\\ud83d\\ude00"}', '{"a": [1, null]}', '"\\\\ud800"', "1"])
def test_json_is_read(text: str) -> None:
    assert foreign_json.loads(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{\n"a": "\\ud800"}', "an incomplete character in or after line 2"),
        ('{"\\uDFFF": 1}', "an incomplete character"),
        ('"\udc80"', "an incomplete character"),
        ("[" * 100_000, "nested too deep"),
        ("1" * 5000, "digits"),
        ("{", "Expecting"),
    ],
    ids=["escaped", "key", "from bytes", "deep", "long number", "not JSON"],
)
def test_what_cannot_be_written_down_again_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        foreign_json.loads(text)
