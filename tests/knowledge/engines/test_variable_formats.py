"""How an engine reads the values of its variables, read from sources; and what has such a format."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from installer.knowledge.engines import variable_formats
from installer.knowledge.engines.sources import Sources

TABLE = """
import os
def env_with_choices(name, default, choices, case_sensitive=True): ...
environment_variables: dict[str, object] = {
    "E_WHOLE": lambda: int(os.getenv("E_WHOLE", "5")),
    "E_SWITCH": lambda: bool(int(os.environ.get("E_SWITCH", "0"))),
    "E_MAYBE": lambda: int(os.environ["E_MAYBE"]) if "E_MAYBE" in os.environ else None,
    "E_OR": lambda: maybe_convert_int(os.getenv("E_OR") or os.getenv("E_WHOLE")),
    "E_SAME": lambda: os.getenv("E_SAME", "1") == "1",
    "E_COMPARED": lambda: int(os.getenv("E_COMPARED", "0")) > 1,
    "E_PART": lambda: float(os.getenv("E_PART", "0.5")),
    "E_WORD": lambda: os.getenv("E_WORD", "0").lower() in ("1", "true") or bool(int(os.getenv("E_WORD", "0"))),
    "E_OTHER": lambda: int(os.getenv("E_WHOLE", "5")),
    "E_CHOSEN": env_with_choices("E_CHOSEN", None, ["fast", "slow"]),
    "E_LOOSE": env_with_choices("E_LOOSE", None, ["fast", "slow"], case_sensitive=False),
    "E_LIST": env_list_with_choices("E_LIST", [], ["a", "b"]),
    "E_MADE": env_with_choices("E_MADE", None, lambda: ["a"]),
    "E_BACKEND": env_with_choices(
        "E_BACKEND", None, lambda: list(__import__("engine.kinds", fromlist=["Kind"]).Kind.__members__.keys())),
    **more,
}
"""
KINDS = """
class Kind(Enum):
    FAST = "a.b"
    SLOW = auto()
    def path(self): ...
class Other(Enum):
    NEVER = 1
"""
HASHED = "def compute_hash():\n    for name in ['E_WHOLE']: ...\n"
AT_ONCE = "def enable_envs_cache(): ...\n"


class Wheel:
    def __init__(self, text: str) -> None:
        self._text = text

    def names(self) -> tuple[str, ...]:
        return ("engine/envs.py", "engine/kinds.py")

    def read_many(self, members: Collection[str]) -> dict[str, bytes]:
        return {member: (KINDS if member.endswith("kinds.py") else self._text).encode() for member in members}


def formats(text: str) -> dict[str, str]:
    return variable_formats.formats(Sources(Wheel(text)), "engine/envs.py")


def test_only_what_ends_with_an_error_has_a_format() -> None:
    assert formats(TABLE) == {
        "E_WHOLE": "int", "E_SWITCH": "int", "E_MAYBE": "int", "E_OR": "int", "E_COMPARED": "int", "E_PART": "float",
        "E_CHOSEN": "one fast|slow", "E_LOOSE": "one~ fast|slow", "E_LIST": "many a|b", "E_BACKEND": "one FAST|SLOW",
    }  # fmt: skip
    assert formats("environment_variables = made()") == formats("x = 1") == {}


def test_what_is_read_at_every_start_is_told_from_what_is_read_where_it_is_used() -> None:
    assert formats(TABLE + HASHED)["E_WHOLE"] == "int start" and formats(TABLE + HASHED)["E_PART"] == "float"
    assert {kind.rpartition(" ")[2] for kind in formats(TABLE + AT_ONCE).values()} == {"start"}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("int", ["0", " 1 ", "-1", "1_000"], ["true", "1.0", "0x10", "yes"]),
        ("float start", ["0.5", "1", "1e3"], ["half", "1,5"]),
        ("one fast|slow start", ["fast"], ["FAST", "", "fast,slow"]),
        ("one~ fast|slow", ["FAST", "slow"], ["other"]),
        ("many a|b", ["a", "a, b", "b,"], ["c", "a;b"]),
    ],
)
def test_values_of_a_format(kind: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in (*good, *bad) if variable_formats.takes(kind, value)] == good


FIELDS = """
class Envs:
    S_WHOLE = EnvInt(5)
    S_PART = EnvFloat(None)
    S_SWITCH = EnvBoolWithAlias(True, deprecated_name="S_OLD")
    S_TEXT = EnvStr("x")
"""


def test_fields_of_a_class_have_formats_that_a_wrong_value_does_not_end() -> None:
    found = variable_formats.of_fields(Sources(Wheel(FIELDS)), "engine/envs.py", "Envs")
    assert set(found) == {"S_WHOLE", "S_PART", "S_SWITCH"} and found["S_WHOLE"] == "int default"
    assert variable_formats.takes(found["S_SWITCH"], "Yes") and not variable_formats.takes(found["S_SWITCH"], "on")
    assert variable_formats.takes(found["S_WHOLE"], "3") and not variable_formats.takes(found["S_WHOLE"], "x")
