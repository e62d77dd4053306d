"""Stage 9 on a small real environment, made by uv from wheels built on the spot; once on a full one."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import uv

from installer.core.errors import StageError
from installer.core.machine.facts import Driver, Gpu, MachineFacts
from installer.core.packages.lock import Lock, LockedPackage
from installer.core.recipes.recipe import Model, ModelSource, RandomModel, Recipe, Server, Verification
from installer.core.runs import events as ev
from installer.core.runs.home import Home
from stages import models, s08_model, s09_verification, verification, verification_results
from stages.scripts import verify, verify_elf, verify_tokenizer, verify_torch
from tests.stand_ins import elf, wheels
from tests.stand_ins.context import RecordingContext

PACKAGES = {"mini-one": "1.0", "mini-two": "2.0"}
ABI = "/x/engine/_C.so: undefined symbol: _ZN3c105ErrorC2ENS_14SourceLocationESs"


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A real, small Python environment with two packages in it."""
    target = tmp_path / "home" / "generations" / "0001"
    run_uv("venv", "--relocatable", str(target))
    add(target, tmp_path, "mini-one", "1.0", requires=["mini-two>=2"])
    add(target, tmp_path, "mini-two", "2.0")
    return target


def run_uv(*words: str) -> None:
    done = subprocess.run(
        [uv.find_uv_bin(), *words], capture_output=True, text=True, check=False,
        env={k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def add(environment: Path, scratch: Path, name: str, version: str, *, body: str = "", requires: list[str] = []) -> None:  # noqa: B006
    wheel = wheels.build(scratch / "wheels", name, version, requires, body=body)
    python = str(environment / "bin" / "python")
    run_uv("pip", "install", "--python", python, "--no-deps", "--no-index", "--reinstall", str(wheel))


def site(environment: Path) -> Path:
    return next(environment.glob("lib/python3*/site-packages"))


def context(
    environment: Path | None, *, imports: tuple[str, ...] = ("mini_one", "mini_two"), facts: MachineFacts | None = None,
    lock: dict[str, str] | None = PACKAGES, root: Path | None = None, sources: tuple[ModelSource, ...] = (),
    least: int | None = None,
) -> RecordingContext:  # fmt: skip
    recipe = Recipe(
        "r", "R", "vllm", Model("served", sources or (ModelSource(path="/nowhere"),)), Server("m"),
        verification=Verification(imports, least),
    )  # fmt: skip
    home = root or (environment.parent.parent if environment else Path("/nowhere"))
    ctx = RecordingContext(recipe, home, stage=9, facts=facts or MachineFacts(here=True, gpus=()))
    ctx.environment = environment
    if lock is not None:
        packages = tuple(LockedPackage(n, v, "engine", "folder") for n, v in lock.items())
        ctx.lock = Lock("key", "3.11", "x86_64-manylinux_2_35", packages)
    return ctx


def carry_out(ctx: RecordingContext) -> None:
    s09_verification.apply(ctx, s09_verification.check(ctx).changes)


def failure_of(ctx: RecordingContext) -> StageError:
    with pytest.raises(StageError) as failure:
        carry_out(ctx)
    assert not (ctx.home.root / "verified.json").exists()
    return failure.value


# --- the proof


def test_a_good_environment_gets_a_proof(environment: Path) -> None:
    ctx = context(environment)
    assert len(s09_verification.check(ctx).changes) == 1
    carry_out(ctx)
    check = s09_verification.check(ctx)
    assert check.changes == () and "checks passed" in check.observed[0]
    proof = json.loads((ctx.home.root / "verified.json").read_text())
    status = {verdict["check"]: verdict["status"] for verdict in proof["verdicts"]}
    assert status == {
        "versions": "ok", "files": "ok", "libraries": "skipped", "requirements": "skipped",
        "import mini_one": "ok", "import mini_two": "ok",
        "first token": "skipped", "torch": "skipped", "kernel": "skipped", "tokenizer": "skipped",
    }  # fmt: skip
    assert any(line.startswith("ok") and "2 packages in the planned versions" in line for line in ctx.printed)
    results = [event for event in ctx.events if isinstance(event, ev.CheckFinished)]
    assert {result.check: result.status for result in results} == status
    assert len(results) == len(status)
    assert ctx.events.index(results[0]) < ctx.events.index(ev.OutputLine(9, "skipped tokenizer: there is no model yet"))


def test_the_proof_no_longer_holds_after_an_installation(environment: Path, tmp_path: Path) -> None:
    ctx = context(environment)
    carry_out(ctx)
    add(environment, tmp_path, "mini-three", "3.0")
    assert len(s09_verification.check(ctx).changes) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"facts": MachineFacts(here=True, gpus=(), driver=Driver("580.1"))},
        {"facts": MachineFacts(here=True, gpus=(Gpu("NVIDIA A40"),))},
        {"imports": ("mini_one",)},
        {"lock": None},
    ],
    ids=["driver", "gpu", "recipe", "lock"],
)
def test_the_proof_holds_only_for_what_it_was_made_of(environment: Path, other: dict[str, object]) -> None:
    carry_out(context(environment))
    assert s09_verification.check(context(environment)).changes == ()
    assert len(s09_verification.check(context(environment, **other)).changes) == 1  # type: ignore[arg-type]


def test_the_proof_does_not_hold_for_another_model(environment: Path, tmp_path: Path) -> None:
    ctx = context(environment, sources=(ModelSource(path=str(tmp_path / "model")),))
    carry_out(ctx)
    (tmp_path / "model").mkdir()
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "model" / name).write_text("{}")
    assert len(s09_verification.check(ctx).changes) == 1


def test_the_proof_does_not_outlive_the_systems_libraries(
    environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "ld.so.cache"
    cache.write_bytes(b"with libnuma")
    monkeypatch.setattr(verification, "_LOADER_CACHE", cache)
    ctx = context(environment)
    carry_out(ctx)
    assert s09_verification.check(ctx).changes == ()
    cache.write_bytes(b"without it")
    assert len(s09_verification.check(ctx).changes) == 1
    cache.unlink()
    assert len(s09_verification.check(ctx).changes) == 1


def test_a_failed_repeat_takes_the_proof_away(environment: Path) -> None:
    ctx = context(environment)
    carry_out(ctx)
    (site(environment) / "mini_two" / "__init__.py").unlink()
    assert s09_verification.check(ctx).changes == ()
    with pytest.raises(StageError):
        s09_verification.apply(ctx, ())
    assert len(s09_verification.check(ctx).changes) == 1


def test_asked_for_alone_it_runs_again() -> None:
    assert s09_verification.traits.repeats_when_asked


# --- where nothing can be known


def test_another_machine_is_not_verified_here(environment: Path) -> None:
    check = s09_verification.check(context(environment, facts=MachineFacts(here=False)))
    assert "on the machine itself" in check.unknown and check.changes == ()


def test_without_an_environment_it_is_unknown(tmp_path: Path) -> None:
    assert s09_verification.check(context(None)).unknown
    assert s09_verification.check(context(tmp_path / "gone")).unknown


# --- what is found


def test_a_missing_file_is_named(environment: Path) -> None:
    (site(environment) / "mini_two" / "__init__.py").unlink()
    error = failure_of(context(environment, imports=()))
    assert "1 of" in error.what and "mini-two" in error.why and "mini_two/__init__.py is missing" in error.why
    assert "rollback" in error.fix


def test_a_shortened_file_is_named(environment: Path) -> None:
    path = site(environment) / "mini_one" / "__init__.py"
    path.unlink()
    path.write_text("")
    error = failure_of(context(environment, imports=()))
    assert "mini_one/__init__.py has 0 bytes instead of" in error.why


@pytest.mark.parametrize(
    "line",
    ["mini_one/__pycache__/gone.cpython-311.pyc,,", "../../../bin/python,sha256=x,1", "mini_one/cacert.pem,sha256=x,1"],
    ids=["byte code", "scripts", "certificates with a company's own"],
)
def test_what_may_differ(environment: Path, line: str) -> None:
    (site(environment) / "mini_one" / "cacert.pem").write_text("more than it was")
    record = next(site(environment).glob("mini_one-1.0.dist-info/RECORD"))
    record.write_text(f"{record.read_text()}{line}\n")
    carry_out(context(environment))


def test_a_file_that_two_packages_own_fits_if_one_of_them_knows_it(environment: Path, tmp_path: Path) -> None:
    record = next(site(environment).glob("mini_one-1.0.dist-info/RECORD"))
    record.write_text(record.read_text() + "mini_two/__init__.py,sha256=x,123456\n")
    carry_out(context(environment))


def misrecorded(environment: Path, tmp_path: Path) -> RecordingContext:
    """A package whose wheel was published with a record of another size of its own file."""
    wheel = wheels.build(tmp_path / "wheels", "mini-one", "1.0", ["mini-two>=2"], recorded={"mini_one/__init__.py": 7})
    python = str(environment / "bin" / "python")
    run_uv("pip", "install", "--python", python, "--no-deps", "--no-index", "--reinstall", "--no-cache", str(wheel))
    ctx = context(environment)
    assert ctx.lock is not None
    ctx.lock = replace(ctx.lock, packages=tuple(replace(p, url=wheel.as_uri()) for p in ctx.lock.packages))
    return ctx


def test_a_file_as_in_its_wheel_passes_whatever_the_wheels_own_record_says(environment: Path, tmp_path: Path) -> None:
    ctx = misrecorded(environment, tmp_path)
    carry_out(ctx)
    assert any(line.startswith("ok      files: all installed files are as in") for line in ctx.printed)
    (said,) = [
        v["said"]
        for v in json.loads((ctx.home.root / "verified.json").read_text())["verdicts"]
        if v["check"] == "files"
    ]
    assert said == "all installed files are as in their wheels; mini-one records other sizes for 1 of its files"


def test_a_file_that_is_neither_as_recorded_nor_as_in_its_wheel_fails(environment: Path, tmp_path: Path) -> None:
    ctx = misrecorded(environment, tmp_path)
    (site(environment) / "mini_one" / "__init__.py").write_text("changed since")
    assert "files: 1 of" in failure_of(ctx).why


def test_a_wheel_that_cannot_be_read_settles_nothing(environment: Path, tmp_path: Path) -> None:
    ctx = misrecorded(environment, tmp_path)
    assert ctx.lock is not None
    Path(ctx.lock.packages[0].url.removeprefix("file://")).unlink()
    assert "mini_one/__init__.py has" in failure_of(ctx).why


def test_versions_that_are_not_as_planned_are_named(environment: Path) -> None:
    error = failure_of(context(environment, lock={"mini-one": "1.1", "mini-two": "2.0", "mini-three": "3"}))
    assert "mini-one is 1.0, but 1.1 was planned" in error.why and "mini-three 3 is not installed" in error.why
    assert "mini-two" not in error.why and "--stage 3-7" in error.fix


def test_without_a_plan_the_versions_are_not_judged(environment: Path) -> None:
    ctx = context(environment, lock=None)
    carry_out(ctx)
    assert any(line.startswith("skipped versions") for line in ctx.printed)


def test_an_import_error_is_told_with_its_real_line(environment: Path, tmp_path: Path) -> None:
    add(environment, tmp_path, "mini-two", "2.0", body=f"raise ImportError({ABI!r})")
    error = failure_of(context(environment))
    assert "1 of 10 checks" in error.what
    assert f"import mini_two: ImportError: {ABI}" in error.why and "built for another torch" in error.fix
    assert "mini_one" not in error.why


def test_a_module_that_is_not_there_is_told(environment: Path) -> None:
    error = failure_of(context(environment, imports=("mini_one", "mini_nine", "mini_two")))
    assert "No module named 'mini_nine'" in error.why and "dependencies" in error.fix


def test_every_failure_is_listed(environment: Path) -> None:
    (site(environment) / "mini_two" / "__init__.py").unlink()
    error = failure_of(context(environment, imports=("nine", "ten"), lock={"mini-one": "9"}))
    assert "4 of 10 checks" in error.what
    for part in ("versions:", "files:", "import nine:", "import ten:"):
        assert part in error.why


def test_an_import_that_ends_the_process_is_named(environment: Path, tmp_path: Path) -> None:
    add(environment, tmp_path, "mini-two", "2.0", body=f"import os; os.kill(os.getpid(), {int(signal.SIGILL)})")
    error = failure_of(context(environment))
    assert "import mini_two: the process was ended by SIGILL" in error.why
    assert "processor" in error.fix


def test_an_engine_that_only_warns_about_its_binaries_is_not_believed(environment: Path, tmp_path: Path) -> None:
    warning = f"print({'WARNING Failed to import from engine._C: ImportError(' + ABI + ')'!r})"
    add(environment, tmp_path, "mini-two", "2.0", body=warning)
    error = failure_of(context(environment))
    assert f"compiled parts: WARNING Failed to import from engine._C: ImportError({ABI})" in error.why


def test_a_compiled_part_without_its_library_fails_though_the_import_works(environment: Path) -> None:
    of_python = verify_elf.read(os.path.realpath(sys.executable))
    assert of_python is not None
    extension = site(environment) / "mini_two" / "_C.abi3.so"
    elf.write(extension, ["libnobody.so.7"], machine=of_python.machine)
    ctx = context(environment)
    error = failure_of(ctx)
    assert "1 of 10 checks" in error.what and "libnobody.so.7 is needed by mini_two/_C.abi3.so" in error.why
    assert "holds libnobody.so.7, and name it" in error.fix
    assert any(line.startswith("ok      import mini_two") for line in ctx.printed)
    extension.unlink()
    carry_out(ctx)


def test_requirements_that_are_not_met_are_only_told(environment: Path, tmp_path: Path) -> None:
    import packaging

    shutil.copytree(Path(packaging.__file__).parent, site(environment) / "packaging")
    add(environment, tmp_path, "mini-one", "1.0", requires=["mini-two>=3", "absent; python_version < '3'"])
    ctx = context(environment)
    carry_out(ctx)
    assert any("mini-one needs mini-two>=3, and 2.0 is installed" in line for line in ctx.printed)
    assert not any("absent" in line for line in ctx.printed)


def test_what_libraries_print_does_not_disturb(environment: Path, tmp_path: Path) -> None:
    body = 'import sys; print(\'{"check": "end"}\'); sys.stderr.write("no line end")'
    add(environment, tmp_path, "mini-two", "2.0", body=body)
    carry_out(context(environment))


def test_neither_our_folders_nor_python_variables_help(
    environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mini_nine.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    ours = s09_verification.SCRIPT.stem
    why = failure_of(context(environment, imports=("mini_nine", ours))).why
    assert "No module named 'mini_nine'" in why and f"No module named '{ours}'" in why


def test_no_secret_is_handed_to_the_environment(
    environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_" + "tokenoftheninthstage")
    add(environment, tmp_path, "mini-two", "2.0", body="import os; assert 'HF_TOKEN' not in os.environ")
    ctx = context(environment)
    carry_out(ctx)
    assert "tokenoftheninthstage" not in "".join(ev.to_json(ev.Entry(0, event)) for event in ctx.events)


def test_a_gpu_that_torch_cannot_be_asked_about_is_not_passed(environment: Path, tmp_path: Path) -> None:
    body = (
        "class _C: _GLIBCXX_USE_CXX11_ABI = True\n"
        "class version: cuda = None\n"
        "class cuda: is_available = staticmethod(bool)\n"
    )
    add(environment, tmp_path, "torch", "2.9.1", body=body)
    gpus = MachineFacts(here=True, gpus=(Gpu("NVIDIA A40", "8.6"),))
    error = failure_of(context(environment, facts=gpus))
    assert (
        "torch: torch 2.9.1, CUDA none, new C++ ABI: it cannot use the GPU (this torch was built without CUDA)"
        in error.why
    )
    assert "nvidia-smi" in error.fix
    # What runs on the processor needs none of them.
    ctx = context(environment, facts=gpus)
    ctx.recipe = replace(ctx.recipe, requirements=replace(ctx.recipe.requirements, gpu=False))
    assert "GPU" not in failure_of(ctx).why


# --- the parts


@pytest.mark.parametrize(
    ("capability", "binaries", "runs"),
    [
        ((8, 6), ["sm_80", "sm_90"], True),
        ((8, 0), ["sm_86"], False),
        ((7, 5), ["sm_80", "sm_90"], False),
        ((12, 0), ["sm_90"], False),
        ((12, 0), ["sm_90", "compute_90"], True),
        ((12, 1), ["sm_120"], True),
        ((10, 3), ["sm_100"], True),
        ((10, 3), ["sm_100a"], False),
        ((10, 0), ["sm_100a"], True),
        ((10, 3), ["sm_100f"], True),
        ((9, 0), ["compute_100"], False),
        ((9, 0), [], False),
        ((9, 0), ["gfx942"], False),
    ],
)
def test_which_binaries_run_on_which_gpu(capability: tuple[int, int], binaries: list[str], runs: bool) -> None:
    assert verify_torch.runs_on(capability, binaries) is runs


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1.0", "1.0.0", True),
        ("2.13.0+cpu", "2.13.0+cpu", True),
        ("2.13.0", "2.13.0+cpu", False),
        ("1.0", "1.1", False),
    ],
)
def test_versions_are_compared_as_versions(one: str, other: str, same: bool) -> None:
    assert verify.same_version(one, other) is same


def test_the_models_own_rows_are_read_where_it_has_a_text_part(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"vocab_size": 1, "text_config": {"vocab_size": 131072}}')
    assert verify_tokenizer.model_vocabulary(tmp_path) == 131072
    assert verify_tokenizer.model_vocabulary(tmp_path / "gone") is None


def test_a_script_that_never_began_is_a_failure() -> None:
    (verdict,) = verification_results.read("", 127, "python: not found\n")
    assert verdict.status == "failed" and "status 127" in verdict.said and verdict.details == ("python: not found",)


def test_a_script_that_hung_is_a_failure() -> None:
    (verdict,) = verification_results.read('{"check": "import x", "code": "import", "status": "begun"}\n', 124, "")
    assert verdict.check == "import x" and "too long" in verdict.said
    assert "--stage 9" in verification_results.fixes([verdict], Home(Path("/h")))


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("libcuda.so.1: cannot open shared object file", "driver"),
        ("libnuma.so.1: cannot open shared object file", "system_packages"),
        ("version `GLIBC_2.34' not found", "older build"),
        ("no kernel image is available", "architecture"),
    ],
)
def test_each_kind_of_failure_has_its_advice(text: str, advice: str) -> None:
    more = verify.cause(ImportError(text), "import")
    failed = verification_results.Verdict(
        "import engine", "failed", "in any words", code=more["code"], missing=tuple(more["missing"])
    )
    assert advice in verification_results.fixes([failed, replace(failed)], Home(Path("/h")))


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (ImportError("x.so: undefined symbol: _ZN3c10"), "import", "abi"),
        (ModuleNotFoundError("No module named 'x'"), "import", "module-missing"),
        (ModuleNotFoundError("No module named 'x'"), "tokenizer", "tokenizer"),
        (ValueError("anything"), "kernel", "kernel"),
    ],
)
def test_an_exception_gets_its_code_where_it_is_caught(error: Exception, kind: str, code: str) -> None:
    assert verify.cause(error, kind)["code"] == code


@pytest.mark.parametrize(("status", "code"), [(124, "timeout"), (-signal.SIGILL, "illegal-instruction"), (3, "files")])
def test_how_the_script_ended_is_a_code_of_its_own(status: int, code: str) -> None:
    begun = '{"check": "files", "code": "files", "status": "begun"}\n'
    assert verification_results.read(begun, status, "")[0].code == code


def test_advice_does_not_depend_on_the_words_of_a_verdict() -> None:
    def advised(said: str) -> str:
        failed = verification_results.Verdict("tokenizer", "failed", said, (said,), code="vocabulary")
        return verification_results.fixes([failed], Home(Path("/h")))

    assert advised("undefined symbol, too long, SIGILL") == advised("") and "vocabulary_at_least" in advised("")


def test_advice_is_given_once() -> None:
    failed = [verification_results.Verdict(f"import {name}", "failed", name, code="module-missing") for name in "ab"]
    assert verification_results.fixes(failed, Home(Path("/h"))).count("Add the missing package") == 1


# --- a full environment


@pytest.fixture
def full(tmp_path: Path, real_environment: Path) -> RecordingContext:
    """A home with a stand-in model and a real environment with torch, transformers and an engine."""
    ctx = context(
        real_environment, imports=("torch", "transformers"), lock=None, root=tmp_path / "home",
        sources=(ModelSource(random=RandomModel()),), least=151_000,
    )  # fmt: skip
    s08_model.apply(ctx, s08_model.check(ctx).changes)
    return ctx


@pytest.mark.real
def test_a_full_environment_is_verified(full: RecordingContext) -> None:
    carry_out(full)
    seen = s09_verification.check(full).observed
    assert any(line.startswith("torch ") for line in seen)
    assert any("multipl" in line for line in seen)
    assert any("512 tokens" in line for line in seen)


def change_model(ctx: RecordingContext, tokenizer: dict[str, object], config: dict[str, object] | None) -> None:
    """Change the stand-in's tokenizer, and its configuration (`None`: take it away); then serve it by its path."""
    chosen = models.chosen(ctx)
    assert chosen is not None
    for name, changes in (("tokenizer.json", tokenizer), ("config.json", config)):
        path = chosen.folder / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **(changes or {})}))
    if config is None:
        # Without it the library cannot know better than the tokenizer's own file.
        (chosen.folder / "config.json").rename(chosen.folder / "params.json")
    ctx.recipe = replace(ctx.recipe, model=Model("served", (ModelSource(path=str(chosen.folder)),)))


@pytest.mark.real
def test_no_gpu_where_one_should_be_is_never_a_pass(full: RecordingContext) -> None:
    full.facts = MachineFacts(here=True, gpus=(Gpu("NVIDIA A40", "8.6"),))
    error = failure_of(full)
    assert "it cannot use the GPU" in error.why and "kernel: there is no GPU" in error.why


@pytest.mark.real
def test_a_tokenizer_that_does_not_fit_its_model_is_found(full: RecordingContext) -> None:
    change_model(full, {}, {"vocab_size": 400})
    error = failure_of(full)
    assert "the recipe requires 151000" in error.why and "the model has 400 rows" in error.why
    assert "vocabulary_at_least" in error.fix


@pytest.mark.real
def test_a_tokenizer_that_gives_back_something_else_is_found(full: RecordingContext) -> None:
    change_model(full, {"normalizer": {"type": "Lowercase"}}, None)
    full.recipe = replace(full.recipe, verification=Verification())
    assert "comes back as" in failure_of(full).why


@pytest.mark.real
def test_a_control_token_that_is_not_read_as_one_is_found(full: RecordingContext) -> None:
    chosen = models.chosen(full)
    assert chosen is not None
    body = json.loads((chosen.folder / "tokenizer.json").read_text())
    tokens = [{**token, "normalized": True} for token in body["added_tokens"]]
    replaced = {"type": "Replace", "pattern": {"String": "<|im"}, "content": "<im"}
    change_model(full, {"normalizer": replaced, "added_tokens": tokens}, None)
    full.recipe = replace(full.recipe, verification=Verification())
    assert "'<|im_start|>'" in failure_of(full).why


@pytest.mark.real
def test_a_tokenizer_of_mistrals_own_library(full: RecordingContext, tmp_path: Path) -> None:
    assert full.environment is not None
    if not (site(full.environment) / "mistral_common").is_dir():
        pytest.skip("that environment has no mistral_common")
    folder = tmp_path / "mistral"
    folder.mkdir()
    controls = [
        "<unk>",
        "<s>",
        "</s>",
        "[INST]",
        "[/INST]",
        "[AVAILABLE_TOOLS]",
        "[/AVAILABLE_TOOLS]",
        "[TOOL_RESULTS]",
    ]
    controls += [
        "[/TOOL_RESULTS]",
        "[TOOL_CALLS]",
        "[IMG]",
        "<pad>",
        "[IMG_BREAK]",
        "[IMG_END]",
        "[PREFIX]",
        "[MIDDLE]",
    ]
    controls += ["[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]"]
    config = {
        "pattern": "\\p{L}+|\\p{N}|[^\\p{L}\\p{N}]+", "num_vocab_tokens": 256,
        "default_vocab_size": 256 + len(controls),
        "default_num_special_tokens": len(controls), "version": "v7",
    }  # fmt: skip
    body = {
        "config": config,
        "vocab": [
            {"rank": n, "token_bytes": base64.b64encode(bytes([n])).decode(), "token_str": None} for n in range(256)
        ],
        "special_tokens": [{"rank": n, "token_str": s, "is_control": True} for n, s in enumerate(controls)],
    }
    (folder / "tekken.json").write_text(json.dumps(body))
    (folder / "config.json").write_text(json.dumps({"model_type": "mistral", "vocab_size": 256 + len(controls)}))
    (folder / "model.safetensors").write_text("")
    full.recipe = replace(
        full.recipe, model=Model("served", (ModelSource(path=str(folder)),)), verification=Verification()
    )
    carry_out(full)
    assert any("276 tokens, 20 of them control tokens" in line for line in full.printed)
