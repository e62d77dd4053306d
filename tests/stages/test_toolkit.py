"""The folder that makes a CUDA toolkit of its wheels, in a real environment that was made by the stages themselves."""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.recipes.recipe import Environment, Recipe
from installer.execution.context import RunContext
from stages import toolkit
from tests.stages.test_package_stages import RECIPE, Lab, lab_with, one
from tests.stand_ins import wheels

CU13 = "nvidia/cu13"
PARTS = {
    "nvidia-cuda-nvcc": {f"{CU13}/bin/nvcc": b"nvcc", f"{CU13}/bin/ptxas": b"ptxas", f"{CU13}/bin/crt/link.stub": b""},
    "triton": {
        "triton/backends/nvidia/bin/cuobjdump": b"cuobjdump", "triton/backends/nvidia/bin/nvdisasm": b"triton's",
    },
    "nvidia-cuda-nvdisasm": {f"{CU13}/bin/nvdisasm": b"nvdisasm"},
    "nvidia-cuda-crt": {f"{CU13}/include/crt/host_config.h": b"crt"},
    "nvidia-cuda-cccl": {f"{CU13}/include/cccl/cub/cub.cuh": b"cub"},
    "nvidia-nvvm": {f"{CU13}/nvvm/bin/cicc": b"cicc"},
    "nvidia-cuda-runtime": {
        f"{CU13}/include/cuda_runtime.h": b"runtime", f"{CU13}/lib/libcudart.so.13": b"cudart",
        f"{CU13}/lib/libcudart_static.a": b"static", f"{CU13}/lib/libcudadevrt.a": b"device",
    },
}  # fmt: skip
WITH_TOOLKIT = replace(RECIPE, dependencies=one(*(f"{name}==13.0.1" for name in PARTS)))


@pytest.fixture
def stocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    wheels.stack(tmp_path / "wheels")
    for name, files in PARTS.items():
        wheels.build(tmp_path / "wheels", name, "13.0.1", more=files)
    with lab_with(tmp_path, monkeypatch) as opened:
        yield opened


def told(lab: Lab, recipe: Recipe, environment: Path) -> dict[str, str]:
    return toolkit.ready(RunContext(recipe, lab.facts, lab.host, lab.home, environment=environment, stage=10))


def test_the_folder_holds_what_compilers_look_for_and_holds_in_a_clone(stocked: Lab) -> None:
    stocked.deploy(WITH_TOOLKIT)
    stocked.deploy(replace(WITH_TOOLKIT, engine=one("mini-engine==1.1")))
    first, second = stocked.generations.path(1), stocked.generations.path(2)
    assert stocked.home.current.resolve() == second.resolve()
    for environment in (first, second):
        home = Path(told(stocked, WITH_TOOLKIT, environment)["CUDA_HOME"])
        assert home == environment.resolve() / "cuda"
        held = {
            "bin/nvcc.wheel": b"nvcc",
            "bin/cuobjdump": b"cuobjdump", "bin/nvdisasm": b"nvdisasm",
            "include/cuda_runtime.h": b"runtime", "include/cccl/cub/cub.cuh": b"cub",
            "nvvm/bin/cicc": b"cicc", "lib64/libcudart.so": b"cudart", "lib64/libcudadevrt.a": b"device",
        }  # fmt: skip
        assert {path: (home / path).read_bytes() for path in held} == held
        assert all(environment.resolve() in (home / path).resolve().parents for path in held)
        assert not (home / "bin").is_symlink()
        assert b"kept_nvcc.py" in (home / "bin" / "nvcc").read_bytes()


@pytest.mark.parametrize(("cores", "threads"), [(None, 1), (2, 2), (64, 16)])
def test_its_compiler_may_use_the_cores_that_there_are(stocked: Lab, cores: int | None, threads: int) -> None:
    stocked.deploy(WITH_TOOLKIT)
    facts = replace(stocked.facts, cpu=replace(stocked.facts.cpu, cores=cores))
    ctx = RunContext(WITH_TOOLKIT, facts, stocked.host, stocked.home, environment=stocked.home.current, stage=10)
    assert toolkit.variables(ctx)["NVCC_APPEND_FLAGS"] == f"--split-compile={threads}"


def test_an_environment_that_has_none_yet_gets_it_without_a_download(stocked: Lab) -> None:
    stocked.deploy(replace(WITH_TOOLKIT, environment=Environment(python=">=3.10", toolkit="machine")))
    assert not (stocked.home.current / "cuda").exists()
    stocked.index.requests.clear()
    assert stocked.deploy(WITH_TOOLKIT).changed
    assert (stocked.home.current / "cuda/bin/nvcc").exists()
    assert not [asked for asked in stocked.index.requests if asked.endswith(".whl")]
    assert not stocked.deploy(WITH_TOOLKIT).changed


def test_a_recipe_that_wants_the_machines_own_gets_it(stocked: Lab) -> None:
    stocked.deploy(WITH_TOOLKIT)
    own = replace(WITH_TOOLKIT, environment=Environment(python=">=3.10", toolkit="machine"))
    assert told(stocked, own, stocked.home.current) == {}


def test_parts_of_a_toolkit_are_none(stocked: Lab) -> None:
    parts = replace(RECIPE, dependencies=one("nvidia-cuda-nvcc==13.0.1", "nvidia-cuda-runtime==13.0.1"))
    stocked.deploy(parts)
    assert not (stocked.home.current / "cuda").exists()
    assert told(stocked, parts, stocked.home.current) == {}


def test_kernels_can_be_linked_to_the_drivers_library_by_a_real_linker(
    stocked: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler here")
    driver, kernel = tmp_path / "libdriver-of-a-test.so.1", tmp_path / "kernel.so"
    source = tmp_path / "driver.c"
    source.write_text("int cuInit(unsigned flags) { return 0; }\n")
    stocked.host.run([compiler, "-shared", "-fPIC", str(source), "-o", str(driver)])
    monkeypatch.setattr(toolkit, "_DRIVER", driver.name)
    monkeypatch.setattr(stocked.host, "library", lambda name: ctypes.CDLL(str(driver)) is not None)
    stocked.deploy(WITH_TOOLKIT)

    variables = told(stocked, WITH_TOOLKIT, stocked.home.current)

    kernel_source = tmp_path / "kernel.c"
    kernel_source.write_text("int cuInit(unsigned); int go(void) { return cuInit(0); }\n")
    command = [compiler, "-shared", "-fPIC", "-Wl,-z,defs", str(kernel_source), "-ldriver-of-a-test", "-o", str(kernel)]
    done = stocked.host.run(command, environment={**stocked.host.environment(), **variables})
    assert done.code == 0, done.output
