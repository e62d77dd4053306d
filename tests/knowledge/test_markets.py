"""Lines for providers: whole, of known places, by names of GPUs that are known, and without a secret."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from installer.core.secrets import redact
from installer.knowledge import markets
from installer.knowledge.gpus import offered
from installer.knowledge.markets import Market

PLACES = {
    "count": 2, "gpu": "A100", "memory_gb": 81, "memory_gib": 79, "capability": "8.0", "capability_hundreds": 800,
    "cuda": "13.0", "disk_gb": 167, "image": markets.image(),
}  # fmt: skip
KNOWN = list(markets.markets().values())


def test_the_markets_that_are_asked_for_are_there() -> None:
    assert {"runpod", "vast", "lambda"} <= set(markets.markets())


@pytest.mark.parametrize("provider", KNOWN, ids=lambda one: one.name)
def test_lines_can_be_filled_and_read_by_a_shell(provider: Market) -> None:
    for line in (provider.search, provider.start):
        filled = line.format(**PLACES)
        assert not re.search(r"\{\w+\}", filled)
        assert shlex.split(filled)
        assert redact(filled) == filled


@pytest.mark.parametrize("provider", KNOWN, ids=lambda one: one.name)
def test_gpus_are_those_that_are_compared(provider: Market) -> None:
    titles = {one.gpu.name for one in offered()}

    assert set(provider.gpus) <= titles
    assert set(provider.sizes) <= set(provider.gpus)


def test_a_query_of_vast_is_of_its_form() -> None:
    words = shlex.split(markets.markets()["vast"].search.format(**PLACES))

    terms = words[words.index("offers") + 1].split(" ")
    assert all(re.fullmatch(r"[a-z_]+(=|>=)[A-Za-z0-9.]+", term) for term in terms)
    assert "compute_cap>=800" in terms


def test_what_is_posted_to_lambda_is_json() -> None:
    words = shlex.split(markets.markets()["lambda"].start.format(**{**PLACES, "gpu": "h100_sxm5"}))

    assert json.loads(words[words.index("-d") + 1])["instance_type_name"] == "gpu_2x_h100_sxm5"


def test_a_size_that_a_provider_does_not_have() -> None:
    known = markets.markets()

    assert known["lambda"].offers("A100 80GB", 8)
    assert not known["lambda"].offers("A100 80GB", 2)
    assert not known["runpod"].offers("GB300", 1)
    assert known["vast"].offers("GB300", 1), "asked by size, it may have any"
