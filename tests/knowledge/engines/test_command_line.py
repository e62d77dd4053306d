"""A command line by the rules of argparse: spellings, prefixes, values, and words that nobody could work out."""

from __future__ import annotations

import argparse

import pytest

from installer.core.plans.flag import Flag
from installer.core.plans.launch_arguments import Use
from installer.core.plans.stack import EngineFacts
from installer.knowledge.engines.parser import CommandLine

FLAGS = (
    Flag(("--model-path", "--model")),
    Flag(("--tensor-parallel-size", "--tp-size", "-tp"), kind="int"),
    Flag(("--trust-remote-code",), takes_value=False),
    Flag(("--backend",), choices=("triton", "flashinfer")),
    Flag(("--graph-max-decode",), kind="int"),
    Flag(("--graph-max-prefill",), kind="int"),
    Flag(("--fraction",), kind="float"),
    Flag(("--sizes",), kind="int", many=True),
    Flag(("--maybe",), takes_value=None),
    Flag(("--extra-config",), kind="json"),
    Flag(("--optimization-level", "-O"), kind="int"),
)
SGLANG = EngineFacts("sglang", "1.0", "here", flags=FLAGS)
VLLM = EngineFacts("vllm", "1.0", "here", flags=FLAGS, underscores=True)


def read(words: str, facts: EngineFacts = SGLANG, model: str = "") -> list[tuple[str, str, tuple[str, ...]]]:
    uses = CommandLine(facts, model).read(words.replace("NUL", "\0").split())
    return [(use.word, use.problem, use.values) for use in uses]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--model-path M --trust-remote-code", [("--model-path", "", ("M",)), ("--trust-remote-code", "", ())]),
        ("--model-path=M", [("--model-path", "", ("M",))]),
        ("--tp 8", [("--tp", "", ("8",))]),
        ("--tp-s=8", [("--tp-s", "", ("8",))]),
        ("--graph-max 64", [("--graph-max", "ambiguous", ())]),
        ("--enforce-eager --tp 2", [("--enforce-eager", "unknown", ()), ("--tp", "", ("2",))]),
        ("--not-here 0.9 --tp 2", [("--not-here", "unknown", ()), ("--tp", "", ("2",))]),
        ("--tp two", [("--tp", "kind", ("two",))]),
        ("--fraction -0.5", [("--fraction", "", ("-0.5",))]),
        ("--fraction", [("--fraction", "no-value", ())]),
        ("--fraction --tp 2", [("--fraction", "no-value", ()), ("--tp", "", ("2",))]),
        ("--backend fa3", [("--backend", "choice", ("fa3",))]),
        ("--backend triton", [("--backend", "", ("triton",))]),
        ("--sizes 1 2 3 --tp 1", [("--sizes", "", ("1", "2", "3")), ("--tp", "", ("1",))]),
        ("--sizes 1 x", [("--sizes", "kind", ("1", "x"))]),
        ("--maybe --tp 1", [("--maybe", "", ()), ("--tp", "", ("1",))]),
        ("--maybe yes", [("--maybe", "", ("yes",))]),
        ("--trust-remote-code=true", [("--trust-remote-code", "bare", ("true",))]),
        ("--trust-remote-code true", [("--trust-remote-code", "", ()), ("true", "stray", ())]),
        ("--mem_fraction 1", [("--mem_fraction", "unknown", ())]),
        ("--extra-config {", [("--extra-config", "kind", ("{",))]),
        ('--extra-config {"a":80m}', [("--extra-config", "", ('{"a":80m}',))]),
        ("-tp 4", [("-tp", "", ("4",))]),
        ("-O3", [("-O3", "", ("3",))]),
        ("-x 4", [("-x", "unknown", ())]),
        ("--help", []),
    ],
)
def test_words_of_a_launch(words: str, expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert read(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--tensor_parallel_size 8", [("--tensor-parallel-size", "", ("8",))]),
        ("--extra_config.key_one 5", [("--extra-config", "", ("5",))]),
        ("--extra-config.list+=a,b", [("--extra-config", "", ("a,b",))]),
        ("--other.key 5", [("--other", "unknown", ())]),
    ],
)
def test_underscores_and_dotted_keys_of_vllm(words: str, expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert read(words, VLLM) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("NUL --tp 2", [("--tp", "", ("2",))]),
        ("--tp NUL", [("--tp", "", ("\0",))]),
        ("--backend xNUL", [("--backend", "", ("x\0",))]),
        ("--backend=NUL", [("--backend", "", ("\0",))]),
        ("--NUL-size 4 --tp 2", [("--tp", "", ("2",))]),
        ("NUL 4 --tp 2", [("--tp", "", ("2",))]),
    ],
)
def test_a_word_that_is_not_known_is_never_guessed_about(
    words: str, expected: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    assert read(words) == expected


def test_the_model_may_stand_alone_in_front_and_nothing_else_may() -> None:
    assert read("org/model --tp 2", VLLM, "org/model") == [("--tp", "", ("2",))]
    assert read("--tp 2 org/model", VLLM, "org/model") == [("--tp", "", ("2",))]
    assert read("org/model other --tp 2", VLLM, "org/model")[0] == ("other", "stray", ())


@pytest.mark.parametrize(
    "words",
    ["--tp 8", "--tp-s=8", "--graph-max 64", "--enforce-eager", "--tp two", "--fraction -0.5", "--fraction",
     "--backend fa3", "--sizes 1 2", "--maybe", "--trust-remote-code=true", "--trust-remote-code true", "-tp 4", "-O3",
     "--model-path M", "--model M", "--back triton", "--t 1"],
)  # fmt: skip
def test_argparse_itself_agrees(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = {"int": int, "float": float, "json": str, "": str}
    real = argparse.ArgumentParser()
    for flag in FLAGS:
        if flag.takes_value is False:
            real.add_argument(*flag.names, action="store_true")
        else:
            nargs = "+" if flag.many else "?" if flag.takes_value is None else None
            real.add_argument(*flag.names, type=kinds[flag.kind], choices=flag.choices or None, nargs=nargs)
    try:
        real.parse_args(words.split())
        refused = False
    except SystemExit:
        refused = True
    assert any(problem for _, problem, _ in read(words)) == refused


def test_a_use_knows_whether_it_was_written_in_full() -> None:
    assert Use("--tp-size", FLAGS[1]).exact
    assert not Use("--tp", FLAGS[1]).exact
