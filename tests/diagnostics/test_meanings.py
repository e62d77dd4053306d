"""What names and numbers of messages mean: each row can be found, and names only options that its engine has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from installer.diagnostics.logs.patterns import compiled
from installer.diagnostics.meanings import meaning
from installer.diagnostics.symptoms import FORMS, TABLES
from installer.knowledge import tables
from installer.knowledge.engines import definitions, shipped

SECTIONS = {name: rows for name, rows in tables.table("meanings").items() if isinstance(rows, list)}
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]+")


def told() -> Iterator[tuple[str, str, str]]:
    """Each fix for one engine, with where it stands."""
    rows = [(name, row) for name, section in SECTIONS.items() for row in section]
    rows += [(row["id"], row) for name in (*TABLES, FORMS) for row in tables.table(f"symptoms/{name}")["symptoms"]]
    for place, row in rows:
        for engine in definitions.engines():
            if text := row.get(f"fix_{engine}"):
                yield place, engine, text


@pytest.mark.parametrize("section", SECTIONS)
def test_patterns_run_in_linear_time(section: str) -> None:
    for row in SECTIONS[section]:
        compiled(row["match"])


def test_options_are_those_of_the_engine_in_some_release() -> None:
    unknown = [
        (place, engine, option)
        for place, engine, text in told()
        for option in OPTION.findall(text)
        if option not in shipped.flag_history(engine)
    ]
    assert unknown == []


@pytest.mark.parametrize(
    ("section", "text", "key", "words"),
    [
        ("errnos", "13", "means", "no permission"),
        ("statuses", "429", "means", "rate limit"),
        ("exits", "-9", "title", "killed"),
        ("modules", "cv2", "package", "opencv"),
        ("debian", "libgomp.so.1", "package", "libgomp1"),
    ],
)
def test_a_name_has_its_meaning(section: str, text: str, key: str, words: str) -> None:
    found: Any = meaning(section, text)
    assert found is not None and words in found[key]


def test_what_no_row_names_has_no_meaning() -> None:
    assert meaning("errnos", "4711") is None
    assert meaning("debian", "libfrob.so.9") is None


def test_the_innermost_frame_says_what_was_done() -> None:
    found = meaning(
        "places", "/v/vllm/lora/worker_manager.py _load_adapter\n/v/vllm/v1/worker/gpu_worker.py load_model"
    )
    assert found is not None and "LoRA" in found["title"]


@pytest.mark.parametrize(
    ("option", "engine", "said", "instead"),
    [
        ("--reasoning_parser kimi", "sglang", "dashes", "--reasoning-parser"),
        ("--enable-ep-moe", "sglang", "0.5.4", "--ep-size"),
        ("--mem-fraction-static 0.8", "vllm", "an option of SGLang", ""),
        ("--tensor-paralel-size 2", "vllm", "close", "--tensor-parallel-size"),
        ("--omni", "vllm", "vllm-omni", ""),
        ("--frob-all 3", "sglang", "No release of SGLang", ""),
    ],
)
def test_an_option_is_known_by_every_release(option: str, engine: str, said: str, instead: str) -> None:
    found = meaning("options", option, engine)
    assert found is not None
    assert said in found["said"] and instead in found["instead"]


def test_a_class_of_models_is_known_by_the_releases_that_list_it() -> None:
    found = meaning("architectures", "'Qwen3NextForCausalLM'", "vllm")
    assert found == {"known": "vLLM lists Qwen3NextForCausalLM from 0.10.2 on."}


def test_a_pin_is_that_of_the_release_which_the_log_names() -> None:
    found = meaning("pins", "transformers.cache_utils", "vllm", "0.28.0")
    assert found == {"asked": "vLLM 0.28.0 requires transformers>=5.5.3."}
    assert meaning("pins", "transformers", "vllm", "") is None


@pytest.mark.parametrize(
    ("message", "engine", "wanted"),
    [
        ("kv_cache_dtype int9 is not supported", "vllm", "--kv-cache-dtype"),
        ("--page-size must be 64", "sglang", "--page-size"),
        ("Not enough memory: decrease VLLM_CPU_KVCACHE_SPACE", "vllm", "VLLM_CPU_KVCACHE_SPACE"),
        ("max_running_requests is too small", "vllm", None),
        ("the frob_count is not right, nor is load_model()", "vllm", None),
        ("kv_cache_dtype", "", None),
    ],
)
def test_a_setting_is_known_by_its_name_in_a_message(message: str, engine: str, wanted: str | None) -> None:
    found = meaning("settings", message, engine)
    assert (found and found["setting"]) == wanted


@pytest.mark.parametrize("name", ["https://x.example/lora/notes", "/data/lora/adapter.bin", "../lora/a"])
def test_what_a_message_is_about_is_not_read_from_an_address_or_a_path(name: str) -> None:
    assert meaning("terms", f"cannot open {name}") is None
    found = meaning("terms", f"cannot quantize {name}")
    assert found is not None and found["title"] == "quantization"
