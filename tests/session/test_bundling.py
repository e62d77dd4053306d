"""A small stack, from `bundle make` to a deployed environment where there is no network at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from installer.core.machine.file import to_mapping
from installer.core.machine.loader import parse
from installer.core.runs.home import Home
from installer.host.facts import read_facts
from stages import compile_cache
from tests.faults.index import serve
from tests.faults.testbed import RECIPE, TOOL, Ground, Said
from tests.stand_ins import wheels
from tests.stand_ins.hub import HubModel, StandInHub

_ALONE = ("unshare", "--map-root-user", "--net", "--")
"""A network namespace in which not even this machine itself can be reached."""


def _namespaces() -> bool:
    return shutil.which("unshare") is not None and subprocess.run([*_ALONE, "true"], check=False).returncode == 0


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Where the bundle is made: the only place with an index."""
    root = tmp_path_factory.mktemp("maker")
    wheels.stack(root / "wheels")
    with serve(root / "wheels") as index:
        yield Ground(root, Home(root / "home"), index)


@pytest.fixture(scope="module")
def machine(maker: Ground) -> Path:
    file = maker.root / "machine.yaml"
    facts = {**to_mapping(read_facts(maker.root, ())), "ports_in_use": []}  # whatever else runs here
    file.write_text(yaml.safe_dump(facts))
    return file


@pytest.fixture(scope="module")
def made(maker: Ground, machine: Path) -> Path:
    """In parts; every test works on a copy."""
    target = maker.root / "bundle"
    said = _make(maker, machine, target, "--part-size", "8MiB")
    assert said.code == 0, said.output
    return target


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "bundle"))


@pytest.fixture
def there(tmp_path: Path, maker: Ground) -> Ground:
    """The machine without a network."""
    if not _namespaces():
        pytest.skip("network namespaces are not allowed here")
    found = Ground(tmp_path, Home(tmp_path / "home"), maker.index)
    found.environment["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple"
    return found


def _make(maker: Ground, machine: Path, target: Path, *more: str) -> Said:
    words = ("bundle", "make", str(RECIPE), "--machine", str(machine), "-o", str(target), "--without-tool", *more)
    return maker.tool(*words)


def _deploy(there: Ground, bundle: Path, *more: str, stages: str = "2-7") -> Said:
    return there.ask([*_ALONE, *there.command("--bundle", str(bundle), "--stage", stages, "--yes", *more)])


def _installed(there: Ground) -> set[str]:
    return {folder.name for folder in there.home.current.glob("lib/python3*/site-packages/*.dist-info")}


def test_a_bundle_deploys_where_there_is_no_network(there: Ground, bundle: Path) -> None:
    said = _deploy(there, bundle)
    assert said.code == 0, said.output
    assert {"torch-2.0.0.dist-info", "mini_engine-1.0.dist-info"} <= _installed(there)
    (journal,) = there.home.runs.glob("*/journal.jsonl")
    assert "Installed " in journal.read_text()
    assert "Prepared " not in journal.read_text(), "no stage had to unpack what all cores unpacked before it"
    shutil.rmtree(bundle)  # the home has all that it needs
    again = there.ask([*_ALONE, *there.command("--stage", "2-7", "--yes")])
    assert again.code == 0, again.output
    assert "in place" in again.output


def test_one_file_deploys_as_well(there: Ground, maker: Ground, machine: Path, tmp_path: Path) -> None:
    file = tmp_path / "mini.bundle"
    assert _make(maker, machine, file).code == 0
    said = _deploy(there, file)
    assert said.code == 0, said.output
    assert "torch-2.0.0.dist-info" in _installed(there)


def test_a_missing_part_is_named_and_what_came_is_kept(there: Ground, bundle: Path) -> None:
    held = (bundle / "part-001.tar").rename(bundle.with_name("held"))
    said = _deploy(there, bundle)
    assert (said.code, "part-001.tar" in said.output) == (3, True), said.output
    assert "1 of 2 parts are unpacked" in said.output
    assert not there.home.current.exists()
    (bundle / "part-000.tar").unlink()
    held.rename(bundle / "part-001.tar")
    assert _deploy(there, bundle).code == 0


def test_a_damaged_part_stops_before_any_stage(there: Ground, bundle: Path) -> None:
    part = bundle / "part-001.tar"
    content = bytearray(part.read_bytes())
    content[700] ^= 1
    part.write_bytes(content)
    said = _deploy(there, bundle)
    assert (said.code, "part-001.tar is damaged" in said.output) == (2, True), said.output
    assert not there.home.current.exists()
    verified = there.tool("bundle", "verify", str(bundle))
    assert (verified.code, "part-001.tar is damaged" in verified.output) == (2, True)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"platform": "aarch64-manylinux_2_36"}, "is for another processor"),
        ({"glibc": "2.99"}, "need glibc 2.99"),
        ({"python": "3.99"}, "needs Python 3.99"),
    ],
)
def test_another_machine_is_refused_before_a_byte_is_unpacked(
    there: Ground, bundle: Path, changed: dict[str, str], words: str
) -> None:
    from dataclasses import replace

    from installer.bundles import manifest

    listed = bundle / "bundle.json"
    other = replace(manifest.parse(listed.read_text(), "bundle.json"), **changed)  # type: ignore[arg-type]
    listed.write_text(other.to_json())
    said = _deploy(there, bundle)
    assert (said.code, words in said.output) == (3, True), said.output
    assert not list(there.home.bundles.iterdir())


def test_a_disk_that_is_too_small_is_said_before_a_byte_is_unpacked(there: Ground, bundle: Path) -> None:
    from dataclasses import replace

    from installer.bundles import manifest

    listed = bundle / "bundle.json"
    told = manifest.parse(listed.read_text(), "bundle.json")
    huge = manifest.Member("models/m/model.safetensors", 1 << 42, "0" * 64, "model")
    first, *rest = told.parts
    part = manifest.Part("part-999.tar", (1 << 42) + 4096, "0" * 64, (manifest.Entry(huge.path, 0, huge.bytes, False),))
    listed.write_text(replace(told, members=(*told.members, huge), parts=(first, *rest, part)).to_json())
    said = _deploy(there, bundle)
    assert (said.code, "does not fit on this disk" in said.output) == (3, True), said.output
    assert not list(there.home.bundles.iterdir())


def test_what_a_bundle_is_for_can_be_read(maker: Ground, made: Path) -> None:
    said = maker.tool("bundle", "show", str(made), "--json")
    body = json.loads(said.output)
    assert (body["name"], body["schema"], len(body["parts"])) == ("mini", 1, 2)
    assert {member["what"] for member in body["members"]} == {"document", "wheel"}
    assert maker.tool("bundle", "verify", str(made)).code == 0


def test_a_wheel_in_a_folder_is_not_fetched_again(maker: Ground, machine: Path, tmp_path: Path) -> None:
    maker.index.requests.clear()
    said = _make(maker, machine, tmp_path / "b", "--part-size", "8MiB", "--from", str(maker.root / "wheels"))
    assert said.code == 0, said.output
    assert not [path for path in maker.index.requests if path.endswith(".whl")]


def test_nothing_is_made_over_something(maker: Ground, machine: Path, made: Path) -> None:
    said = _make(maker, machine, made, "--part-size", "8MiB")
    assert (said.code, "is not empty" in said.output) == (2, True)


def test_a_bundle_names_its_own_recipe(there: Ground, bundle: Path) -> None:
    assert _deploy(there, bundle, "--recipe", "mini").code == 2


def test_the_maker_refuses_what_cannot_work_there(maker: Ground, machine: Path, tmp_path: Path) -> None:
    facts = yaml.safe_load(machine.read_text())
    facts["python"], facts["os"]["arch"] = ["3.11"], "riscv64"
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump(facts))
    recipe = tmp_path / "mini.yaml"
    recipe.write_text(RECIPE.read_text().replace("environment:\n", "requirements: {arch: [x86_64]}\nenvironment:\n"))
    words = ("bundle", "make", str(recipe), "--machine", str(other), "-o", str(tmp_path / "b"), "--part-size", "8MiB")
    assert maker.tool(*words).code == 3
    assert not os.path.lexists(tmp_path / "b")


def test_what_the_image_has_is_left_out_and_taken_from_it(
    there: Ground, maker: Ground, machine: Path, tmp_path: Path
) -> None:
    facts = yaml.safe_load(machine.read_text())
    facts["packages"] = {"torch": "2.0.0"}
    file = tmp_path / "image.yaml"
    file.write_text(yaml.safe_dump(facts))
    bundle = tmp_path / "reusing"
    said = _make(maker, file, bundle, "--part-size", "8MiB", "--reuse", "torch")
    assert said.code == 0, said.output
    names = [member["path"] for member in json.loads((bundle / "bundle.json").read_text())["members"]]
    assert not [name for name in names if "torch-2" in name]
    refused = _deploy(there, bundle)
    assert (refused.code, "leaves out torch" in refused.output) == (3, True), refused.output
    _give_image(there, maker)
    said = _deploy(there, bundle)
    assert said.code == 0, said.output
    assert "take torch 2.0.0 from the machine's own Python" in said.output
    assert "torch-2.0.0.dist-info" in _installed(there)


def _give_image(there: Ground, maker: Ground) -> None:
    """The `python3` of that machine is from now on that of an environment with torch in it."""
    uv, python = str(TOOL.with_name("uv")), there.root / "image/bin/python"
    links = ("--no-index", "-f", str(maker.root / "wheels"), "--python", str(python))
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(python.parents[1])], check=True)
    subprocess.run([uv, "pip", "install", "-q", *links, "torch==2.0.0"], check=True)
    there.environment["PATH"] = f"{python.parent}:{os.environ['PATH']}"


def test_compiled_kernels_travel_to_the_same_gpu(there: Ground, maker: Ground, machine: Path, tmp_path: Path) -> None:
    served = Home(tmp_path / "served")
    device = compile_cache.device(parse(machine.read_text(), "machine.yaml"))
    kept = served.compiled / "0001" / device
    (kept / "triton/ab").mkdir(parents=True)
    (kept / "triton/ab/kernel.so").write_bytes(b"code")
    (kept / "versions.json").write_text("{}")
    (kept / "triton/link").symlink_to("/etc/passwd")
    bundle = tmp_path / "with-kernels"
    said = _make(maker, machine, bundle, "--part-size", "8MiB", "--kernels", str(served.root))
    assert said.code == 0, said.output
    assert _deploy(there, bundle).code == 0
    carried = there.home.compiled / "carried" / device
    assert (carried / "triton/ab/kernel.so").read_bytes() == b"code"
    assert not os.path.lexists(carried / "triton/link")
    other = _make(maker, machine, tmp_path / "none", "--part-size", "8MiB", "--kernels", str(tmp_path))
    assert (other.code, "nothing compiled for" in other.output) == (2, True)


def test_a_bundle_is_made_again_where_there_is_no_network(there: Ground, bundle: Path, tmp_path: Path) -> None:
    """With what was compiled there, for the machines beside it."""
    assert _deploy(there, bundle).code == 0
    device = compile_cache.device(read_facts(tmp_path, ()))
    (there.home.compiled / "0001" / device).mkdir(parents=True, exist_ok=True)
    (there.home.compiled / "0001" / device / "kernel.so").write_bytes(b"code")
    target = tmp_path / "again"
    words = ("--kernels", str(there.home.root), "--without-tool", "-o", str(target), "--part-size", "8MiB")
    said = there.ask([*_ALONE, *there.command("bundle", "make", "--bundle", str(bundle), *words)])
    assert said.code == 0, said.output
    assert there.tool("bundle", "verify", str(target)).code == 0
    beside = Ground(tmp_path / "beside", Home(tmp_path / "beside/home"), there.index)
    beside.root.mkdir()
    assert _deploy(beside, target).code == 0
    assert (beside.home.compiled / "carried" / device / "kernel.so").read_bytes() == b"code"
    assert "mini_engine-1.0.dist-info" in _installed(beside)


def test_a_bundle_is_of_a_recipe_or_of_a_bundle(maker: Ground, made: Path, machine: Path, tmp_path: Path) -> None:
    none = maker.tool("bundle", "make", "-o", str(tmp_path / "b"))
    assert (none.code, "No recipe was given" in none.output) == (2, True), none.output
    assert _make(maker, machine, tmp_path / "b", "--bundle", str(made)).code == 2


def test_what_was_never_resolved_is_not_known_without_a_network(maker: Ground, machine: Path, tmp_path: Path) -> None:
    words = ("bundle", "make", str(RECIPE), "--machine", str(machine), "--offline", "-o", str(tmp_path / "b"))
    said = maker.tool(*words, "--home", str(tmp_path / "home"))
    assert (said.code, "only what was resolved before is known" in said.output) == (3, True), said.output


def test_a_machine_without_a_python_is_told_what_is_not_carried(maker: Ground, machine: Path, tmp_path: Path) -> None:
    """uv finds none to fetch here, because there is no network but this index."""
    facts = yaml.safe_load(machine.read_text())
    facts["python"], facts["online"] = [], False
    file = tmp_path / "bare.yaml"
    file.write_text(yaml.safe_dump(facts))
    maker.environment["UV_PYTHON_INSTALL_MIRROR"] = (tmp_path / "nothing").as_uri()
    said = _make(maker, file, tmp_path / "b", "--part-size", "8MiB")
    del maker.environment["UV_PYTHON_INSTALL_MIRROR"]
    assert said.code == 0, said.output
    assert "is included, and that machine has none" in said.output


def test_a_model_of_a_bundle_takes_the_place_of_half_a_download(tmp_path: Path) -> None:
    from installer.session.bundling.using import _move

    models, brought = tmp_path / "models", tmp_path / "brought"
    (models / "m").mkdir(parents=True)
    (models / "m/half").write_text("half")
    (brought / "m").mkdir(parents=True)
    (brought / "m/config.json").write_text("{}")
    (brought / "m.json").write_text("{}")
    _move(brought, models)
    assert sorted(path.name for path in models.rglob("*")) == ["config.json", "m", "m.json"]
    (brought / "m").mkdir()
    _move(brought, models)  # whole by now, and left alone
    assert (models / "m/config.json").exists()


def test_a_model_that_a_home_here_has_converted_travels_as_it_is(tmp_path: Path) -> None:
    from dataclasses import replace
    from typing import cast

    from installer.core.packages.lock import Lock, LockedPackage
    from installer.core.recipes.recipe import Model, ModelSource, PackagedModel, Recipe, Server
    from installer.session.bundling import model
    from stages import models
    from tests.stand_ins.context import RecordingContext

    source = ModelSource(package=PackagedModel("mini-words==1.0", "0" * 64, "mini_words/mini.gguf"), name="mini")
    recipe = Recipe("r", "R", "vllm", Model("served", (source,)), Server("m"))
    ctx = RecordingContext(recipe, tmp_path / "home", stage=8)
    ctx.lock = Lock("key", "3.11", "x", (LockedPackage("transformers", "5.19.0", "transformers", "folder"),))
    served = Home(tmp_path / "served")
    folder = models.folder(served, source)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"transformers_version": "5.19.0"}')
    digest = hashlib.sha256((folder / "config.json").read_bytes()).hexdigest()
    models.write_manifest(folder, source, [models.ModelFile("config.json", 34, digest)], run=None)
    desk = cast(model.WheelSources, None)  # nothing is fetched
    carried = model.of(ctx, desk, served.root)
    assert [content.file for content in carried.contents] == [models.manifest_path(folder), folder / "config.json"]
    assert carried.contents[1].member.sha256 == digest
    assert "has converted it" in carried.notes[0]
    for package in ("5.18.0", "4.57.1"):
        ctx.lock = replace(ctx.lock, packages=(LockedPackage("transformers", package, "transformers", "folder"),))
        assert model._converted(ctx, source, served) is None


_MODEL = {
    "config.json": b'{"model_type": "qwen2"}',
    "tokenizer.json": b"{}",
    "model.safetensors": os.urandom(9_000_000),
}


def test_a_model_of_a_hub_travels_with_its_hashes(there: Ground, maker: Ground, machine: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "with-hub.yaml"
    recipe.write_text(RECIPE.read_text().replace("  random: {}", "  hub: some/model"))
    with StandInHub({"some/model": HubModel(_MODEL)}) as hub:
        maker.environment["HF_ENDPOINT"] = hub.url
        words = ("bundle", "make", str(recipe), "--machine", str(machine), "-o", str(tmp_path / "b"))
        said = maker.tool(*words, "--without-tool", "--part-size", "4MiB")
        del maker.environment["HF_ENDPOINT"]
    assert said.code == 0, said.output
    there.environment["HF_ENDPOINT"] = "http://127.0.0.1:9"
    said = _deploy(there, tmp_path / "b", stages="2-8")
    assert said.code == 0, said.output
    found = there.home.models / "some--model@main"
    assert {path.name: path.read_bytes() for path in found.iterdir()} == _MODEL
    assert there.home.models.joinpath("some--model@main.json").exists()


def test_code_for_other_gpus_is_left_out_and_such_a_gpu_refused(
    there: Ground, maker: Ground, machine: Path, tmp_path: Path
) -> None:
    files = {f"sgl_kernel/{name}/common_ops.so": os.urandom(60_000) for name in ("sm90", "sm100")}
    wheels.build(maker.root / "wheels", "sglang-kernel", "0.4.10", more=files)
    wheels.build(maker.root / "wheels", "torch", "2.14.1")  # what they were built for
    recipe = tmp_path / "kernels.yaml"
    text = RECIPE.read_text().replace("  requires: []", "  requires: [sglang-kernel==0.4.10]")
    recipe.write_text(text.replace("torch==2.0.0", "torch==2.14.1"))
    facts = yaml.safe_load(machine.read_text())
    hopper = {"name": "NVIDIA H100 80GB HBM3", "compute_capability": "9.0", "memory_mib": 81559}
    facts["gpus"], facts["driver"] = [hopper], {"version": "580.95.05", "cuda": "13.0"}
    file, bundle = tmp_path / "hopper.yaml", tmp_path / "b"
    file.write_text(yaml.safe_dump(facts))
    words = ("bundle", "make", str(recipe), "--machine", str(file), "-o", str(bundle))
    said = maker.tool(*words, "--without-tool", "--part-size", "8MiB", "--slim")
    assert said.code == 0, said.output
    assert "1 file of sglang-kernel 0.4.10" in said.output and "60 kB once it is installed" in said.output
    assert _deploy(there, bundle).code == 0  # here no GPU is known, and so nothing against it
    found = there.home.current / "lib"
    assert list(found.glob("python3*/site-packages/sgl_kernel/sm90/*"))
    assert not list(found.glob("python3*/site-packages/sgl_kernel/sm100/*"))

    from installer.bundles import manifest
    from installer.session.bundling import fit

    made = manifest.parse((bundle / "bundle.json").read_text(), "bundle.json")
    facts["gpus"] = [{**hopper, "name": "NVIDIA B200", "compute_capability": "10.0"}]
    (finding,) = fit.findings(made, parse(yaml.safe_dump(facts), "blackwell.yaml"), 1, 0)
    assert "leaves out code for this GPU" in finding.summary
