import ast
from typing import Any

import pytest

from installer.knowledge.engines.comprehensions import rewritten, table_of

TABLE = {"One": ["module_a", "Same"], "Two": ["module_b", "Other"], "Three": ["module_c", "Same"]}


def comprehension(text: str) -> ast.DictComp:
    found = ast.parse(text, mode="eval").body
    assert isinstance(found, ast.DictComp)
    return found


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (
            '{k: (m, a) for k, (m, a) in T.items() if a == "Same"}',
            {"One": ["module_a", "Same"], "Three": ["module_c", "Same"]},
        ),
        ('{k: v for k, v in T.items() if k != "Two"}', {"One": TABLE["One"], "Three": TABLE["Three"]}),
        ('{k: "all" for k, _ in T.items()}', {"One": "all", "Two": "all", "Three": "all"}),
    ],
)
def test_rows_are_kept_as_written(text: str, made: dict[str, Any]) -> None:
    assert rewritten(comprehension(text), TABLE) == made


@pytest.mark.parametrize(
    "text",
    [
        "{k: v for k, v in T.items() if known(k)}",
        "{k.lower(): v for k, v in T.items()}",
        "{k: v for k, (v,) in T.items()}",
        "{k: outside for k, v in T.items()}",
        "{k: v for k, v in T.items() if k < 'Two'}",
        "{k: v for k.at in T.items()}",
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    assert rewritten(comprehension(text), TABLE) is None


def test_the_table_is_what_the_loop_goes_over() -> None:
    one = table_of(comprehension("{k: v for k, v in T.items()}"))
    assert isinstance(one, ast.Name)
    assert one.id == "T"
    assert table_of(comprehension("{k: v for k in T}")) is None
    assert table_of(comprehension("{k: v for k, v in T.items() for w in v}")) is None
