"""One reading of a command line for everybody: what argparse keeps where the release is known, spellings where not."""

from __future__ import annotations

import argparse
from contextlib import redirect_stderr
from io import StringIO

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from installer.core.plans.flag import Flag
from installer.core.plans.launch_arguments import NO_ARGUMENTS
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts, Placed, Stack
from installer.knowledge.engines import launch_reader
from installer.preflight.repair.commands import options
from tests.stand_ins.lookups import KnownLookups

FLAGS = (
    Flag(("--model-path", "--model")),
    Flag(("--tensor-parallel-size", "--tp-size", "-tp")),
    Flag(("--trust-remote-code",), takes_value=False),
    Flag(("--context-length",)),
    Flag(("--context-parallel",)),
    Flag(("--sizes",), many=True),
    Flag(("--maybe",), takes_value=None),
    Flag(("--optimization-level", "-O")),
)
RELEASE = EngineFacts("sglang", "1.0", "here", flags=FLAGS)
NAMES = [name for flag in FLAGS for name in flag.names]
WRITTEN = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from([name for name in NAMES if name.startswith("--")]).flatmap(
        lambda name: st.integers(3, len(name)).map(lambda length: name[:length])
    ),
    st.sampled_from(["-O3", "--nothing", "-t", "--context", "--m"]),
)
VALUE = st.sampled_from(["2", "x", "-1", "-0.5", "a b", "8"])
PIECE = st.one_of(
    WRITTEN.map(lambda name: [name]),
    st.tuples(WRITTEN, VALUE).map(list),
    st.tuples(WRITTEN, VALUE).map(lambda pair: ["=".join(pair)]),
    VALUE.map(lambda value: [value]),
)
LINE = st.lists(PIECE, max_size=6).map(lambda pieces: tuple(word for piece in pieces for word in piece))


def argparse_of(flags: tuple[Flag, ...]) -> argparse.ArgumentParser:
    real = argparse.ArgumentParser(add_help=False)
    for flag in flags:
        if flag.takes_value is False:
            real.add_argument(*flag.names, action="store_true", default=None)
        else:
            real.add_argument(*flag.names, nargs="+" if flag.many else "?" if flag.takes_value is None else None)
    return real


def kept(words: tuple[str, ...]) -> dict[str, object] | None:
    """What argparse keeps, by the first spelling; `None` where it refuses the line."""
    try:
        with redirect_stderr(StringIO()):
            found = vars(argparse_of(FLAGS).parse_args(list(words)))
    except SystemExit:
        return None
    return {flag.names[0]: found[flag.names[0].lstrip("-").replace("-", "_")] for flag in FLAGS}


def disputed(word: str) -> bool:
    """What older Pythons refuse and newer ones take: a prefix of two spellings of one option, and `-t=2` for `-tp`."""
    name = word.partition("=")[0]
    fit = [[one for one in flag.names if name.startswith("-") and one.startswith(name)] for flag in FLAGS]
    short = "=" in word and word[:1] == "-" != word[1:2]
    return name not in NAMES and (short or any(len(names) > 1 for names in fit))


def told(arguments: launch_reader.LaunchArguments) -> dict[str, object]:
    found: dict[str, object] = {}
    for flag in FLAGS:
        use = arguments.last(*flag.names)
        values = list(use.values) if use else []
        found[flag.names[0]] = (
            None if use is None
            else True if flag.takes_value is False
            else values if flag.many
            else values[0] if values else None
        )  # fmt: skip
    return found


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(LINE)
def test_the_parser_of_a_release_keeps_what_argparse_keeps(words: tuple[str, ...]) -> None:
    assume(not any(map(disputed, words)))
    arguments = launch_reader.read(Launch(10, arguments=words, model="a model"), RELEASE)
    wanted = kept(words)
    stray = bool(words) and not words[0].startswith("-")  # in front stands the model, which argparse is not told of
    assert arguments.release == "sglang 1.0"
    if wanted is None:
        assert any(use.problem for use in arguments.uses)
    elif not stray:
        assert not any(use.problem for use in arguments.uses) and told(arguments) == wanted


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(LINE)
def test_without_a_release_the_last_full_spelling_counts_as_in_argparse(words: tuple[str, ...]) -> None:
    """Of options that take one value and are written in full, both readings are the same."""
    single = {name for flag in FLAGS[:2] for name in flag.names}
    wanted = kept(words)
    if wanted is None or any(word.startswith("-") and word.partition("=")[0] not in single for word in words):
        return
    arguments = launch_reader.read(Launch(10, arguments=words))
    assert arguments.release == ""
    assert arguments.value(*FLAGS[0].names) == wanted["--model-path"]
    assert arguments.value(*FLAGS[1].names) == wanted["--tensor-parallel-size"]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(LINE)
def test_the_options_of_a_line_are_its_words_again(words: tuple[str, ...]) -> None:
    assert tuple(word for option in options(words) for word in option.words) == words


def test_a_stack_is_read_once_and_anew_for_another_launch() -> None:
    packages = {"sglang": Placed("sglang", "1.0", 7)}
    stack = Stack(
        "3.12", "x86_64-manylinux_2_35", packages, Launch(10, engine="sglang", arguments=("--tensor-par", "4"))
    )
    assert launch_reader.of(stack).value("--tp-size") is None
    read = launch_reader.looked_up(stack, KnownLookups((RELEASE,)))
    assert launch_reader.of(read) is read.arguments and launch_reader.of(read).value("--tp-size") == "4"
    assert read.tensor_parallel == 4
    assert launch_reader.looked_up(Stack("3.12", "", {}), KnownLookups()).arguments is None
    assert launch_reader.read(None) is NO_ARGUMENTS


def test_a_word_that_is_not_known_may_be_any_option_unless_it_is_a_value() -> None:
    def unclear(*words: str, facts: EngineFacts | None = RELEASE) -> tuple[int, ...]:
        return launch_reader.read(Launch(10, arguments=words, model="a model"), facts).unclear

    assert unclear("--tp-size", "\0") == unclear("--tp-size", "\0", facts=None) == ()
    assert unclear("--tp-size=2", "\0") == unclear("--tp-size=2", "\0", facts=None) == (1,)
    assert unclear("--trust-remote-code", "\0") == (1,)
    assert launch_reader.read(Launch(10, arguments=("--tp-size", "\0")), RELEASE).value("--tp-size") is None


def test_what_a_release_does_not_know_keeps_what_it_was_meant_to_be_given() -> None:
    (use,) = launch_reader.read(Launch(10, arguments=("--max-model-len", "4096")), RELEASE).uses
    assert (use.problem, use.values) == ("unknown", ("4096",))
