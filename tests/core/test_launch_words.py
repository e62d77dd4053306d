from __future__ import annotations

import argparse

from hypothesis import given, settings
from hypothesis import strategies as st

from installer.core.plans.launch_words import last_value

OPTION = st.sampled_from(["--attention-backend", "--port", "--tp"])
VALUE = st.text("abc123.", min_size=1, max_size=4)
GIVEN = st.one_of(st.tuples(OPTION, VALUE).map(list), st.tuples(OPTION, VALUE).map(lambda pair: ["=".join(pair)]))


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(GIVEN, max_size=6), OPTION)
def test_it_is_what_argparse_keeps(written: list[list[str]], name: str) -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for option in ("--attention-backend", "--port", "--tp"):
        parser.add_argument(option)
    words = [word for one in written for word in one]
    assert last_value(words, name) == vars(parser.parse_args(words))[name.lstrip("-").replace("-", "_")]


def test_the_last_of_two_counts_however_it_is_spelled() -> None:
    words = ("--attention-backend", "fa3", "--attention_backend=triton")
    assert last_value(words, "--attention-backend") == "triton"
    assert last_value(("--tp", "4", "--tensor-parallel-size=2"), "--tp", "--tensor-parallel-size") == "2"
    assert last_value(words, "--port") is None
