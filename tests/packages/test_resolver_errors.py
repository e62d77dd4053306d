"""uv's own sentences (0.13), and what they come to."""

from __future__ import annotations

import pytest

from installer.packages.resolver_errors import classify, conflict_sentence, is_of_network

HEAD = "error: No solution found when resolving dependencies\n  cause: "

SENTENCES = [
    (
        "Because sglang==0.5.23 has no wheels with a matching Python implementation tag (e.g., `cp310`) and you "
        "require sglang==0.5.23, we can conclude that your requirements are unsatisfiable.",
        ("python-version", "sglang"),
    ),
    (
        "Because the requested Python version (>=3.9) does not satisfy Python>=3.10 and sglang==0.5.7 depends on "
        "Python>=3.10, we can conclude that sglang==0.5.7 cannot be used.",
        ("python-version", "sglang"),
    ),
    (
        "Because sglang==0.5.23 has no wheels with a matching platform tag (e.g., `manylinux_2_31_x86_64`) and you "
        "require sglang==0.5.23, we can conclude that your requirements are unsatisfiable.",
        ("wheel-platform", "sglang"),
    ),
    (
        "Because all versions of pickle5 have no usable wheels and you require pickle5, we can conclude that your "
        "requirements are unsatisfiable.",
        ("wheel-platform", "pickle5"),
    ),
    (
        "Because sgl-kernel was not found in the package registry and you require sgl-kernel, we can conclude that "
        "your requirements are unsatisfiable.",
        ("index-missing", "sgl-kernel"),
    ),
    (
        "Because there is no version of sglang==0.9.9 and you require sglang==0.9.9, we can conclude that your "
        "requirements are unsatisfiable.",
        ("index-missing", "sglang"),
    ),
    (
        "Because only certifi<=2026.10.18 is available and vllm>=0.33.0 depends on certifi>=2026.10.19, we can "
        "conclude that vllm>=0.33.0 cannot be used. And because you require vllm==0.33.0, we can conclude that your "
        "requirements are unsatisfiable.",
        ("dependency-conflict", "certifi"),
    ),
    (
        "Because sglang>=0.5.7 depends on torch==2.9.1 and you require sglang==0.5.7, we can conclude that you require "
        "torch==2.9.1.\n         And because you require torch==2.4.1, we can conclude that your requirements are "
        "unsatisfiable.",
        ("dependency-conflict", "torch"),
    ),
]


@pytest.mark.parametrize(("sentence", "meant"), SENTENCES)
def test_each_sentence_has_its_code(sentence: str, meant: tuple[str, str]) -> None:
    refusal = classify(HEAD + sentence)
    assert (refusal.code, refusal.package) == meant
    assert refusal.explanation.startswith("Because ") and "\n" not in refusal.explanation


def test_a_release_that_is_not_there_is_told_from_a_package_that_is_not() -> None:
    assert classify(HEAD + SENTENCES[5][0]).version_missing
    assert not classify(HEAD + SENTENCES[4][0]).version_missing


def test_what_would_have_to_be_built() -> None:
    refusal = classify(
        "error: Failed to download and build `antlr4-python3-runtime==4.9.3`\n  cause: Failed to resolve"
    )
    assert (refusal.code, refusal.package) == ("wheel-platform", "antlr4-python3-runtime") and refusal.to_build


def test_no_network_says_nothing_about_the_packages() -> None:
    assert (
        classify("error: Request failed after 3 retries\n  cause: client error (Connect): dns error").code == "network"
    )
    assert not is_of_network(HEAD + SENTENCES[0][0])


def test_hints_and_passwords_are_left_out() -> None:
    text = conflict_sentence(
        f"{HEAD}Because x is not at https://me:secret@h.example/simple\n\nhint: Wheels are required for `x`"
    )
    assert "hint" not in text and "secret" not in text
