from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from installer.core.errors import ExitCode, PredictedError, UsageError
from installer.core.machine.facts import Cpu, Driver, Gpu, MachineFacts, OperatingSystem
from installer.core.machine.loader import parse
from installer.core.recipes import file, loader
from installer.core.recipes.recipe import Choice
from installer.session import recipes
from stages import endpoints

MACHINES = Path(__file__).parent.parent / "machines"
SHIPPED = recipes.shipped()
WORKING = [r for r in SHIPPED if not r.choice.family or r.choice.family_priority]
"""Without those that are kept as somebody wrote them down."""


def _machine(name: str) -> MachineFacts:
    path = MACHINES / f"{name}.yaml"
    return parse(path.read_text(encoding="utf-8"), str(path))


def test_the_shipped_recipes_are_called_like_their_files() -> None:
    assert {recipe.name for recipe in SHIPPED} >= {"qwen2.5-0.5b-cpu", "qwen2.5-3b-sglang", "qwen2.5-3b-vllm"}
    assert [recipe.name for recipe in SHIPPED] == [Path(recipe.source).stem for recipe in SHIPPED]


@pytest.mark.parametrize("recipe", SHIPPED, ids=lambda recipe: recipe.name)
def test_a_shipped_recipe_loads_by_name_and_by_file_and_with_each_profile(recipe: loader.Recipe) -> None:
    assert recipes.load(recipe.name) == recipe == recipes.load(recipe.source)
    for profile in recipe.profiles:
        assert recipes.load(recipe.name, profile=profile.name).server.flags.items() >= profile.flags.items()


@pytest.mark.parametrize("recipe", WORKING, ids=lambda recipe: recipe.name)
def test_a_shipped_recipe_pins_its_engine_and_torch(recipe: loader.Recipe) -> None:
    for stage in ("pytorch", "engine"):
        for taken in recipe.package_stage(stage).alternatives:
            assert all(str(Requirement(line).specifier).startswith("==") for line in taken.requires)


def test_priorities_are_told_apart() -> None:
    priorities = [recipe.choice.priority for recipe in SHIPPED if recipe.choice.priority]
    assert len(priorities) == len(set(priorities))


@pytest.mark.parametrize(
    ("machine", "name", "facts"),
    [
        ("no-gpu-debian", "qwen2.5-0.5b-cpu", "the machine has glibc 2.36 and no GPU"),
        ("laptop", "qwen2.5-0.5b-cpu", "the machine has a C library of unknown version and no GPU"),
        ("h100", "qwen2.5-3b-sglang", "8 GPUs, NVIDIA H100 80GB HBM3 (compute capability 9.0), driver 580.95.05 and"),
        ("rtx5090", "qwen2.5-3b-sglang", "NVIDIA GeForce RTX 5090 (compute capability 12.0), driver 580.82.09 and"),
        ("t4", "qwen2.5-3b-vllm", "Tesla T4 (compute capability 7.5), driver 580.65.06 and glibc 2.35"),
        (
            "a40-pod",
            "qwen2.5-3b-sglang-cuda12",
            "the machine has NVIDIA A40 (compute capability 8.6) and driver 550.127",
        ),
        ("8x-h20", "qwen2.5-3b-sglang-cuda12", "8 GPUs, NVIDIA H20 (compute capability 9.0) and driver 570.172.08"),
        ("8x-h800", "qwen2.5-3b-sglang-cuda12", "8 GPUs, NVIDIA H800 (compute capability 9.0) and driver 570.172.08"),
    ],
)
def test_the_machine_decides(machine: str, name: str, facts: str) -> None:
    chosen, why = recipes.choose(_machine(machine), SHIPPED)
    assert chosen.name == name
    assert chosen.choice.because in why and facts in why


ORDINARY = {
    "A40": ("8.6", 46068), "A100": ("8.0", 40960), "RTX 4090": ("8.9", 24564), "H100": ("9.0", 81559),
    "T4": ("7.5", 15360),
}  # fmt: skip


@pytest.mark.parametrize("nvcc", ["12.4", None])
@pytest.mark.parametrize("driver", ["525.60.13", "535.183.01", "550.127.05", "570.172.08", "580.65.06"])
@pytest.mark.parametrize("gpu", ORDINARY)
def test_an_ordinary_pod_gets_a_recipe_by_its_gpu_driver_and_compiler(gpu: str, driver: str, nvcc: str | None) -> None:
    facts = MachineFacts(
        os=OperatingSystem("ubuntu", "22.04", "2.35", "x86_64"), python=("3.10",), online=True, memory_mib=65536,
        driver=Driver(driver), gpus=(Gpu(f"NVIDIA {gpu}", *ORDINARY[gpu]),), tools={"nvcc": nvcc},
    )  # fmt: skip
    old = driver < "580"
    engine = "vllm" if gpu == "T4" or (old and nvcc is None) else "sglang"

    chosen, _ = recipes.choose(facts, SHIPPED)

    assert chosen.name == f"qwen2.5-3b-{engine}{'-cuda12' if old else ''}"


def test_nothing_fits_and_every_reason_is_told() -> None:
    facts = replace(_machine("a40-pod"), gpus=(Gpu("Tesla V100-SXM2-16GB", "7.0", 16384),))
    with pytest.raises(PredictedError, match="No recipe fits the machine a40-pod") as caught:
        recipes.choose(facts, SHIPPED)
    assert caught.value.exit_code == ExitCode.PREDICTED
    why = dict(line.split(": ", 1) for line in caught.value.why.splitlines())
    assert ">=580" in why["qwen2.5-3b-sglang"] and "550.127.05" in why["qwen2.5-3b-sglang"]
    assert "Tesla V100" in why["qwen2.5-0.5b-cpu"]


def test_a_refusal_names_what_does_run_there() -> None:
    facts = replace(_machine("a40-pod"), gpus=(Gpu("Tesla V100-SXM2-16GB", "7.0", 16384),))
    with pytest.raises(PredictedError, match="No recipe fits") as caught:
        recipes.choose(facts, SHIPPED)
    assert "--recipe qwen2.5-0.5b-cpu" in caught.value.fix
    with pytest.raises(PredictedError) as caught:
        recipes.choose(replace(facts, memory_mib=512), SHIPPED)
    assert "No included recipe runs there" in caught.value.fix


def test_what_is_unknown_rules_nothing_out() -> None:
    chosen, why = recipes.choose(MachineFacts(), SHIPPED)
    assert chosen.choice.priority == max(recipe.choice.priority for recipe in SHIPPED)
    assert "GPUs that are not known" in why


@pytest.mark.parametrize("change", ["glibc", "arch", "memory", "features"])
def test_a_machine_that_lacks_something_is_refused_that_recipe(change: str) -> None:
    facts = _machine("no-gpu-debian")
    poorer = {
        "glibc": replace(facts, os=replace(facts.os, glibc="2.28")),
        "arch": replace(facts, os=replace(facts.os, arch="riscv64")),
        "memory": replace(facts, memory_mib=1024),
        "features": replace(facts, cpu=replace(facts.cpu, features=("sse4_2",))),
    }[change]
    with pytest.raises(PredictedError, match="No recipe fits"):
        recipes.choose(poorer, SHIPPED)


def test_a_port_in_use_is_no_reason_for_another_recipe() -> None:
    facts = replace(_machine("no-gpu-debian"), ports_in_use=(8000,))
    assert recipes.choose(facts, SHIPPED)[0].name == "qwen2.5-0.5b-cpu"


def test_a_broken_driver_is_not_taken_for_no_gpu() -> None:
    facts = replace(_machine("no-gpu-debian"), gpus=None, driver=Driver(error="Driver Not Loaded"), here=True)
    with pytest.raises(PredictedError) as caught:
        recipes.choose(facts, SHIPPED)
    assert "qwen2.5-0.5b-cpu: it is for machines without a GPU; there seems to be one" in caught.value.why


def test_priority_zero_is_never_chosen() -> None:
    only = [replace(recipe, choice=Choice()) for recipe in SHIPPED]
    with pytest.raises(PredictedError, match="No recipe fits"):
        recipes.choose(_machine("h100"), only)


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(UsageError, match=r'did you mean "qwen2\.5-0\.5b-cpu"') as caught:
        recipes.load("qwen2.5-0.5b")
    assert "qwen2.5-3b-vllm" in caught.value.why


def test_a_missing_file_is_said() -> None:
    with pytest.raises(UsageError, match=r"\./nowhere\.yaml cannot be read|nowhere\.yaml cannot be read"):
        recipes.load("./nowhere.yaml")


def test_the_template_is_a_recipe_that_is_valid() -> None:
    text = recipes.template("my-model")
    recipe = loader.load(text, "my-model.yaml")
    assert recipe.name == "my-model" and recipe.choice.priority == 0
    commented, body = text.split("schema: 1", 1)
    uncommented = "schema: 1" + body.replace("# choice:", "choice:").replace("# indexes:", "indexes:").replace(
        "#   ", "  "
    )
    full = loader.load(uncommented, "my-model.yaml")
    assert full.choice.priority > 0 and full.indexes[0].name == "company" and "lint FILE" in commented
    with pytest.raises(UsageError, match="cannot be named"):
        recipes.template("My Model")


def test_settings_reach_the_recipe() -> None:
    settings = ["server.port=9000", "server.flags.--max-model-len=512"]
    recipe = recipes.load("qwen2.5-0.5b-cpu", settings=settings)
    assert (recipe.server.port, recipe.server.flags["--max-model-len"]) == (9000, 512)


@pytest.mark.parametrize(
    ("memory", "profile"),
    [
        ((15360,), "dev-16gb"),
        ((24564,), "gpu-24gb"),
        ((46068,), "gpu-40gb"),
        ((143771, 24564), "gpu-24gb"),
        ((143771,), "engine-defaults"),
    ],
)
def test_the_memory_of_the_smallest_gpu_chooses_a_profile(memory: tuple[int, ...], profile: str) -> None:
    facts = MachineFacts(gpus=tuple(Gpu("a GPU", "8.9", mib) for mib in memory))

    name, why = recipes.fitting_profile(recipes.load("qwen2.5-3b-sglang"), facts)

    assert name == profile
    assert str(min(memory)) in why


@pytest.mark.parametrize("gpus", [None, (), (Gpu("a GPU", "8.9", None),), (Gpu("one", "8.9", 8), Gpu("two", "8.9"))])
def test_unknown_memory_chooses_no_profile(gpus: tuple[Gpu, ...] | None) -> None:
    assert recipes.fitting_profile(recipes.load("qwen2.5-3b-sglang"), MachineFacts(gpus=gpus)) == (None, "")


TABLE = {
    "A40": ("8.6", 46068), "A100": ("8.0", 81559), "RTX 4090": ("8.9", 24564), "RTX 5090": ("12.0", 32607),
    "RTX 5080": ("12.0", 16303), "RTX 5070 Ti": ("12.0", 16303), "H100": ("9.0", 81559),
}  # fmt: skip


@pytest.mark.parametrize(("driver", "cuda"), [("580.95.05", ""), ("570.124.06", "-cuda12")])
@pytest.mark.parametrize("gpu", TABLE)
def test_a_family_chooses_by_gpu_and_driver(gpu: str, driver: str, cuda: str) -> None:
    capability, memory = TABLE[gpu]
    facts = MachineFacts(
        os=OperatingSystem("ubuntu", "22.04", "2.35", "x86_64"), python=("3.12",), online=True, memory_mib=65536,
        driver=Driver(driver), gpus=(Gpu(f"NVIDIA {gpu}", capability, memory),), cpu=Cpu(8, ("avx2",)),
    )  # fmt: skip

    chosen, because = recipes.choose_in_family(facts, recipes.family("ministral-3b"))

    assert chosen.name == f"ministral-3b-sglang{cuda}"
    assert f"compute capability {capability}" in because and driver in because


def test_a_family_without_a_recipe_for_the_machine_says_why() -> None:
    t4 = MachineFacts(gpus=(Gpu("Tesla T4", "7.5", 15360),), driver=Driver("580.95.05"))

    with pytest.raises(PredictedError) as refused:
        recipes.choose_in_family(t4, recipes.family("ministral-3b"))

    assert "7.5" in refused.value.why


def test_a_recipe_is_no_family() -> None:
    assert recipes.family("qwen2.5-3b-sglang") == []
    assert recipes.family("./ministral-3b") == []


def test_the_callers_variables_set_what_the_recipe_says() -> None:
    recipe = recipes.load("ministral-3b-sglang")
    key = "server.flags.--mem-fraction-static"

    assert recipes.from_environment(recipe, {"MEM_FRACTION": "0.75", "OTHER": "1"}, ()) == (f"{key}=0.75",)
    assert recipes.from_environment(recipe, {"MEM_FRACTION": "0.75"}, (f"{key}=0.6",)) == ()
    assert recipes.from_environment(recipe, {"MEM_FRACTION": ""}, ()) == ()


def test_a_recipe_may_name_exactly_the_endpoints_that_can_be_tried() -> None:
    assert set(endpoints.ENDPOINTS) == set(file.ENDPOINTS)
