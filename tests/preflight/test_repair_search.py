"""The repair: the smallest change that leaves no blocker. The check here is a small one, to see through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from installer.core.machine.facts import Driver, Gpu, MachineFacts
from installer.core.outcomes import Code, Severity
from installer.core.plans.flag import Flag
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Launch
from installer.core.plans.stack import EngineFacts, ModelFacts, Placed, Release, Stack
from installer.knowledge.engines.definitions import engine_package
from installer.preflight.repair import candidates
from installer.preflight.repair.proposal import propose
from tests.stand_ins.lookups import KnownLookups

MINISTRAL = ModelFacts(
    "org/m", "config.json", ("Mistral3ForConditionalGeneration",), "mistral3", {"text": "ministral3"}
)
FLAGS = (Flag(("--model-path",)), Flag(("--port",)), Flag(("--tp",)), Flag(("--tokenizer-mode",)),
         Flag(("--load-format",)), Flag(("--config-format",)), Flag(("--model",)))  # fmt: skip


def release(
    engine: str, version: str, transformers: str, *, torch: str = "2.9.1", flags: Sequence[Flag] = FLAGS
) -> EngineFacts:
    return EngineFacts(
        engine, version, "test", frozenset({"Mistral3ForConditionalGeneration"}), flags=tuple(flags),
        requires=(f"torch=={torch}", f"transformers=={transformers}"),
    )  # fmt: skip


SGLANG = (release("sglang", "0.5.7", "4.57.1"), release("sglang", "0.5.9", "4.57.1"),
          release("sglang", "0.5.10", "5.3.0"), release("sglang", "0.5.11", "5.6.0", torch="2.11.0"))  # fmt: skip
VLLM = (release("vllm", "0.11.0", "4.55.2"), release("vllm", "0.12.0", "4.57.1"))
POD = MachineFacts("pod", driver=Driver("580.95.05"), gpus=(Gpu("NVIDIA A40", "8.6", 46068),))


def stack(version: str, *words: str) -> Stack:
    launch = Launch(10, engine="sglang", arguments=("--model-path", "org/m", *words), model="org/m")
    packages = {"sglang": Placed("sglang", version, 7), "transformers": Placed("transformers", "4.57.1", 5)}
    return Stack("3.11", "x86_64-manylinux_2_35", packages, launch, MINISTRAL)


def assess(stack: Stack, facts: MachineFacts) -> list[Finding]:
    return [
        Finding(code=code, severity=Severity.BLOCKER, stage=7, subject="x", summary="x")
        for code in _assessed(stack, facts)
    ]


def _assessed(stack: Stack, facts: MachineFacts) -> Iterator[str]:
    words = stack.launch.arguments if stack.launch else ()
    engine = engine_package(stack)
    native = engine and engine.name == "vllm" and engine.version != "0.11.0" and "mistral" in words
    if not stack.packages["transformers"].version.startswith("5.") and not native:
        yield "model-type-unknown"
    if "--gone" in words:
        yield "flag-unknown"
    torch = stack.packages.get("torch")
    if torch and torch.version == "2.11.0" and (facts.driver is None or (facts.driver.version or "") < "580"):
        yield "driver-cuda"


def test_the_nearest_newer_release_that_works_is_named_with_all_after_it() -> None:
    repair = propose(stack("0.5.7"), POD, KnownLookups(SGLANG), assess)
    assert (repair.kind, repair.version) == ("release", "0.5.10")
    assert repair.requires == ("sglang==0.5.10",)
    assert repair.sentence.startswith("Use SGLang 0.5.10 or newer")


def test_it_does_not_say_newer_where_a_newer_one_does_not_work() -> None:
    old = replace(POD, driver=Driver("550.127.05"))
    repair = propose(stack("0.5.7"), old, KnownLookups(SGLANG), assess)
    assert repair.version == "0.5.10"
    assert "newer" not in repair.sentence


def test_an_older_release_comes_after_all_newer_ones() -> None:
    old = replace(POD, driver=Driver("550.127.05"))
    newest = stack("0.5.11")
    repair = propose(replace(newest, packages={**newest.packages, "torch": Placed("torch", "2.11.0", 3)}), old,
                     KnownLookups(SGLANG), assess)  # fmt: skip
    assert (repair.kind, repair.version) == ("release", "0.5.10")


def test_a_flag_alone_is_the_smallest_change() -> None:
    working = stack("0.5.10", "--gone", "--port", "1")
    working = replace(working, packages={**working.packages, "transformers": Placed("transformers", "5.3.0", 5)})
    repair = propose(working, POD, KnownLookups(SGLANG), assess)
    assert repair.kind == "flags" and "--gone" in repair.sentence
    assert repair.flags == ("--model-path", "org/m", "--port", "1")


@pytest.mark.parametrize("wrong", [("--max-model-len", "999999"), ("--quantization", "awq"), ("--dtype", "half")])
def test_a_value_that_the_model_contradicts_is_left_out_and_nothing_else(wrong: tuple[str, str]) -> None:
    flags = (Flag(("--model",)), Flag((wrong[0],)), Flag(("--structured-outputs-config",), kind="json"))
    engine = replace(release("vllm", "0.12.0", "4.57.1", flags=flags), underscores=True)
    words = ("--model", "org/m", "--structured-outputs-config.backend", "xgrammar")
    launch = Launch(10, engine="vllm", arguments=(*words, *wrong), model="org/m")
    packages = {"vllm": Placed("vllm", "0.12.0", 7), "transformers": Placed("transformers", "4.57.1", 5)}

    def refused(stack: Stack, facts: MachineFacts) -> list[Finding]:
        asked = stack.launch is not None and wrong[0] in stack.launch.arguments
        return [Finding(code=Code.FLAG_VALUE, severity=Severity.BLOCKER, stage=10, subject="m", summary="x")] * asked

    repair = propose(
        Stack("3.11", "x86_64-manylinux_2_35", packages, launch, MINISTRAL), POD, KnownLookups((engine,)), refused
    )
    assert (repair.kind, repair.flags) == ("flags", words)


def test_a_release_is_proposed_with_the_flags_that_it_takes() -> None:
    repair = propose(stack("0.5.7", "--gone", "3"), POD, KnownLookups(SGLANG), assess)
    assert repair.version == "0.5.10"
    assert repair.flags == ("--model-path", "org/m")


def test_where_no_release_of_the_engine_works_another_engine_is_proposed() -> None:
    repair = propose(stack("0.5.7"), POD, KnownLookups(SGLANG[:2] + VLLM), assess, as_of="2026-01-20")
    assert (repair.kind, repair.engine, repair.version) == ("engine", "vllm", "0.12.0")
    assert repair.sentence.startswith("No SGLang released by 2026-01-20 loads this model")
    assert "--tokenizer-mode mistral --config-format mistral --load-format mistral" in repair.sentence
    assert repair.flags[:2] == ("--model", "org/m")


def test_where_only_the_machine_is_in_the_way_the_least_better_one_is_named() -> None:
    old = replace(POD, driver=Driver("550.127.05"))
    working = stack("0.5.11")
    working = replace(working, packages={"sglang": Placed("sglang", "0.5.11", 7), "torch": Placed("torch", "2.11.0", 3),
                                         "transformers": Placed("transformers", "5.6.0", 5)})  # fmt: skip
    repair = propose(working, old, KnownLookups(SGLANG[3:]), assess)
    assert repair.kind == "machine"
    assert "rent a host with a driver of at least 580" in repair.sentence


def test_where_nothing_works_it_says_so() -> None:
    repair = propose(stack("0.5.7"), POD, KnownLookups(SGLANG[:2]), assess)
    assert repair.kind == "none" and repair.version == ""


def test_a_release_that_rests_on_a_release_candidate_is_the_second_choice() -> None:
    early = release("sglang", "0.5.8", "5.0.0rc0")
    lookups = KnownLookups((*SGLANG[:2], early, *VLLM))
    repair = propose(stack("0.5.7"), POD, lookups, assess, as_of="2026-01-20")
    assert (repair.engine, repair.version) == ("vllm", "0.12.0")
    assert "0.5.8 does, with transformers 5.0.0rc0" in repair.sentence
    alone = propose(stack("0.5.7"), POD, KnownLookups((*SGLANG[:2], early)), assess)
    assert (alone.engine, alone.version) == ("sglang", "0.5.8")


def test_a_window_is_named_with_both_ends() -> None:
    gone = EngineFacts("sglang", "0.5.12", "test", requires=("torch==2.11.0", "transformers==4.0"))
    repair = propose(stack("0.5.7"), POD, KnownLookups((*SGLANG, gone)), assess)
    assert repair.sentence.startswith("Use SGLang 0.5.10 to 0.5.11")


def test_a_model_is_spread_over_no_more_gpus_than_there_are() -> None:
    repair = propose(replace(stack("0.5.7", "--tp", "4"), tensor_parallel=4), POD, KnownLookups(SGLANG), tight)
    assert repair.version == "0.5.10"
    assert "over 1 GPU" in repair.sentence and repair.flags[-2:] == ("--tp", "1")


def tight(stack: Stack, facts: MachineFacts) -> list[Finding]:
    more = stack.tensor_parallel > len(facts.gpus or ())
    return [
        *assess(stack, facts),
        *([Finding(code=Code.GPU_ARCH, severity=Severity.BLOCKER, stage=1, subject="x", summary="x")] if more else []),
    ]


def names(*ends: str) -> tuple[Flag, ...]:
    return (*(Flag((f"--cuda-graph-max-bs-{end}",)) for end in ends), Flag(("--port",)))


def test_a_flag_that_was_renamed_keeps_its_value_under_the_new_name() -> None:
    from installer.preflight.repair.commands import carried

    engine = release("sglang", "0.5.23", "5.19.0", flags=names("decode", "prefill"))
    launch = Launch(10, engine="sglang", arguments=("--cuda-graph-max-bs", "64", "--port", "1", "--gone", "2"))
    found = carried(launch, engine, {"--cuda-graph-max-bs": "--cuda-graph-max-bs-decode"})
    assert found.launch.arguments == ("--cuda-graph-max-bs-decode", "64", "--port", "1")
    assert found.dropped == ("--gone",)
    assert found.renamed == (("--cuda-graph-max-bs", "--cuda-graph-max-bs-decode"),)


def too_new(stack: Stack, facts: MachineFacts) -> list[Finding]:
    """Only what was built for an old CUDA runs."""
    old = stack.packages["torch"].version < "2.9.1"
    flags = stack.launch.arguments if stack.launch else ()
    found = [*([] if old else ["driver-cuda"]), *(["flag-unknown"] if "" in flags else [])]
    return [Finding(code=code, severity=Severity.BLOCKER, stage=7, subject="x", summary="x") for code in found]


def served(version: str, *words: str) -> Stack:
    """`vllm serve MODEL`: a command line that begins with a word of no option."""
    launch = Launch(10, engine="vllm", arguments=("org/m", *words), model="org/m")
    packages = {"vllm": Placed("vllm", version, 7), "torch": Placed("torch", "2.11.0", 3)}
    return Stack("3.12", "x86_64-manylinux_2_35", packages, launch, MINISTRAL)


def test_the_model_of_vllm_serve_is_carried_over_as_it_is() -> None:
    lookups = KnownLookups((release("vllm", "0.19.0", "5.0.0", torch="2.8.0"), release("vllm", "0.32.0", "5.0.0")))
    repair = propose(served("0.32.0", "--port", "1"), POD, lookups, too_new)
    assert (repair.kind, repair.engine, repair.version) == ("release", "vllm", "0.19.0")
    assert repair.flags == ()
    repair = propose(served("0.32.0", "--port", "1", "--gone", "2"), POD, lookups, too_new)
    assert repair.flags == ("org/m", "--port", "1")


def test_that_a_model_is_not_loaded_is_said_only_where_that_is_why() -> None:
    early = release("sglang", "0.5.6.post1", "5.0.0rc0", torch="2.8.0")
    lookups = KnownLookups(
        (release("vllm", "0.32.0", "5.0.0"), release("sglang", "0.5.6", "4.57.1", torch="2.8.0"), early)
    )
    repair = propose(served("0.32.0"), POD, lookups, too_new)
    assert (repair.kind, repair.version) == ("engine", "0.5.6")
    assert repair.sentence.startswith("No vLLM works on this machine; use SGLang")
    assert "rc0" not in repair.sentence


def test_a_release_that_leaves_its_kernels_open_is_the_second_choice() -> None:
    wide = EngineFacts("sglang", "0.5.8", "test", requires=("torch", "transformers==5.3.0"))
    lookups = KnownLookups(
        (*SGLANG[:1], wide, *SGLANG[2:]), listed={"torch": (Release("2.9.1", ""), Release("2.11.0", ""))}
    )
    assert propose(stack("0.5.7"), POD, lookups, assess).version == "0.5.10"
    alone = KnownLookups((*SGLANG[:1], wide), listed={"torch": (Release("2.9.1", ""),)})
    assert propose(stack("0.5.7"), POD, alone, assess).version == "0.5.8"


def test_a_release_whose_kernel_was_taken_off_the_index_is_passed_over() -> None:
    lookups = KnownLookups(SGLANG, listed={"torch": (Release("2.11.0", ""),)})
    assert propose(stack("0.5.7"), POD, lookups, assess).version == "0.5.11"


def test_the_extra_that_brings_torch_is_named() -> None:
    marked = ('torch==2.6.0; extra == "srt"', 'sglang[srt]; extra == "all"', 'transformers==5.1.0; extra == "srt"')
    lookups = KnownLookups((*SGLANG[:1], EngineFacts("sglang", "0.5.8", "test", requires=marked)))
    repair = propose(stack("0.5.7"), POD, lookups, assess)
    assert repair.requires == ("sglang[all]==0.5.8",)
    assert "SGLang 0.5.8 (sglang[all])" in repair.sentence and "torch==2.6.0" in repair.pins


def large(stack: Stack, facts: MachineFacts) -> list[Finding]:
    """A model that fits only in 8 bits, with a context that is asked for."""
    words = stack.launch.arguments if stack.launch else ()
    fits = {"experts_int8", "--max-model-len"} <= set(words)
    return [
        *assess(stack, facts),
        *([] if fits else [Finding(code=Code.MEMORY, severity=Severity.BLOCKER, stage=10, subject="x", summary="x")]),
    ]


def test_a_format_that_the_engine_makes_while_loading_is_tried_where_memory_is_what_lacks() -> None:
    flags = (*FLAGS, Flag(("--quantization",)), Flag(("--max-model-len",)))
    lookups = KnownLookups((*SGLANG[:2], release("vllm", "0.12.0", "5.0.0", flags=flags)))
    repair = propose(stack("0.5.7"), POD, lookups, large)
    assert (repair.kind, repair.engine, repair.version) == ("engine", "vllm", "0.12.0")
    assert "with --quantization experts_int8 --max-model-len 8192" in repair.sentence
    assert repair.flags[-4:] == ("--quantization", "experts_int8", "--max-model-len", "8192")


def long(stack: Stack, facts: MachineFacts) -> list[Finding]:
    """A model whose own context does not fit."""
    words = stack.launch.arguments if stack.launch else ()
    return [
        *assess(stack, facts),
        *(
            []
            if "--max-model-len" in words
            else [Finding(code=Code.MEMORY, severity=Severity.BLOCKER, stage=10, subject="x", summary="x")]
        ),
    ]


def test_shorter_requests_are_tried_before_fewer_bits() -> None:
    flags = (*FLAGS, Flag(("--quantization",)), Flag(("--max-model-len",)))
    lookups = KnownLookups((*SGLANG[:2], release("vllm", "0.12.0", "5.0.0", flags=flags)))
    repair = propose(stack("0.5.7"), POD, lookups, long)
    assert repair.flags[-2:] == ("--max-model-len", "8192") and "--quantization" not in repair.flags
    asked = stack("0.5.7", "--context-length", "65536")
    assert propose(asked, POD, lookups, long).version == "0.12.0"


def roomy(name: str, *words: str) -> list[str]:
    """What is checked of these words where memory lacks with `name`, or without it where it begins with "+"."""
    flags = (*FLAGS, Flag(("--max-model-len",)), Flag(("--gpu-memory-utilization",)), Flag(("--quantization",)))

    def assessed(stack: Stack, facts: MachineFacts) -> list[Finding]:
        given = stack.launch.arguments if stack.launch else ()
        lacks = name.removeprefix("+") not in given if name.startswith("+") else name in given
        return (
            [Finding(code=Code.MEMORY, severity=Severity.BLOCKER, stage=10, subject="x", summary="x")] if lacks else []
        )

    repair = propose(
        served("0.19.0", *words), POD, KnownLookups((release("vllm", "0.19.0", "5.0.0", flags=flags),)), assessed
    )
    return [repair.kind, *repair.flags]


def test_a_share_of_memory_that_is_too_small_is_left_out() -> None:
    words = ("--gpu-memory-utilization", "0.1", "--port", "1")
    assert roomy("--gpu-memory-utilization", *words) == ["flags", "org/m", "--port", "1"]


def test_the_same_release_with_shorter_requests_is_the_smallest_change() -> None:
    assert roomy("+--max-model-len", "--port", "1") == ["flags", "org/m", "--port", "1", "--max-model-len", "8192"]


def test_a_newer_release_of_the_same_engine_loads_mistrals_own_files() -> None:
    own = replace(served("0.11.0"), model=replace(MINISTRAL, formats=("hf", "mistral")))
    own = replace(own, packages={**own.packages, "transformers": Placed("transformers", "4.55.2", 5)})
    repair = propose(own, POD, KnownLookups(VLLM), assess)
    assert (repair.kind, repair.version) == ("release", "0.12.0")
    assert "--tokenizer-mode mistral" in repair.sentence


def test_a_release_whose_torch_is_not_known_is_not_proposed() -> None:
    bare = EngineFacts("sglang", "0.5.8", "test", requires=("transformers==5.3.0",))
    assert propose(stack("0.5.7"), POD, KnownLookups((*SGLANG[:1], bare)), assess).kind == "none"


def unread(stack: Stack, facts: MachineFacts) -> list[Finding]:
    """Of an old torch nobody knows for which GPUs it was built."""
    old = stack.packages["torch"].version == "2.3.0"
    found = Finding(
        code=Code.GPU_ARCH,
        severity=Severity.PROBE if old else Severity.BLOCKER,
        stage=10,
        subject=f"torch {stack.packages['torch'].version}",
        package="torch",
        summary="x",
    )
    return [] if stack.packages["torch"].version == "2.8.0" else [found]


def test_a_torch_of_which_nothing_is_known_is_not_proposed() -> None:
    old, good = release("vllm", "0.5.1", "4.57.1", torch="2.3.0"), release("vllm", "0.4.0", "4.57.1", torch="2.8.0")
    assert propose(served("0.19.0"), POD, KnownLookups((good, old)), unread).version == "0.4.0"
    assert propose(served("0.19.0"), POD, KnownLookups((old,)), unread).kind != "release"


def test_mistrals_own_formats_are_tried_for_no_other_model() -> None:
    qwen = ModelFacts("org/m", "config.json", ("Qwen2ForCausalLM",), "qwen2")
    repair = propose(replace(stack("0.5.7"), model=qwen), POD, KnownLookups((*SGLANG[:2], *VLLM)), assess)
    assert repair.kind != "engine"


def test_makers_with_files_of_their_own_are_known_by_rows() -> None:
    """Only where such a maker may stand behind a model are its own formats tried."""

    def tried(*architectures: str, name: str = "") -> bool:
        return candidates._may_have_own_files(ModelFacts(name, "a test", architectures))

    assert tried("MistralForCausalLM") and tried("Mistral3ForConditionalGeneration") and tried("MinistralForCausalLM")
    assert tried("OtherForCausalLM", name="mistralai/Other")
    assert not tried("MixtralForCausalLM") and not tried("LlamaForCausalLM", name="meta/mistralai")
