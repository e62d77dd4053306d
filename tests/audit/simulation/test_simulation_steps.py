"""Steps in order on a small package index: what is installed in the end, and what is reported. uv does the solving."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from installer.audit.simulation import Simulated, simulate
from installer.core.machine.facts import MachineFacts, OperatingSystem
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Expectation, Imports, Install, Launch, Procedure, Sourcing, Step, Uninstall
from installer.core.runs.home import Home
from installer.host.local import LocalHost
from installer.knowledge.engines.definitions import engine_package
from installer.packages.wheels.inspection import WheelLookups
from tests.stand_ins.package_index import Index, serve
from tests.stand_ins.wheels import build

FACTS = MachineFacts(name="pod", os=OperatingSystem("ubuntu", "22.04", "2.35", "x86_64"), python=("3.11",))
PYTORCH = "https://download.pytorch.org/whl/cu124"
FLASHINFER = "https://flashinfer.ai/whl/cu124/torch2.4"

Simulate = Callable[..., Simulated]


def _wheels(folder: Path) -> None:
    """The shape of an engine and what it stands on; names are real where knowledge is about names."""
    for version in ("2.4.0", "2.4.1", "2.9.1"):
        build(folder, "torch", version, ["sympy"])
    build(folder, "torchaudio", "2.4.1", ["torch==2.4.1"])
    build(folder, "sympy", "1.0")
    build(folder, "sympy", "1.1")
    build(folder, "numpy", "1.26.4")
    build(folder, "numpy", "2.2.0")
    build(folder, "mini-opencv", "4.11", ["numpy>=1.21"])
    build(folder, "mini-opencv", "4.12", ["numpy>=2"])
    build(folder, "vllm", "90.6", ["torch==2.4.0", "numpy<2"])
    build(folder, "sgl-kernel", "0.3.20")
    build(folder, "mini-datasets", "1.0", ["mini-dill"])
    build(folder, "mini-dill", "0.4")
    build(folder, "flashinfer-python", "0.2.3", ["torch", "mini-ninja"])
    build(folder, "mini-ninja", "1.0")
    build(folder, "mini-uses-torch", "1.0", ["torch"])
    build(folder, "sglang", "90.7", ["torch==2.9.1", "sgl-kernel==0.3.20", "mini-datasets", "numpy"], extras=["extra"])
    build(folder, "sglang", "90.23", ["torch==2.9.1"], tag="cp312-cp312-manylinux_2_34_x86_64", python=">=3.11")
    build(folder, "mini-other", "1.0").rename(folder / "mini_swapped-1.0-py3-none-any.whl")
    build(folder, "mini-new", "1.0", tag="py3-none-manylinux_2_39_x86_64")
    build(folder, "mini-old", "1.0", python=">=3.8,<3.10")
    build(folder, "mini-orphan", "1.0", ["mini-deleted==0.5", "numpy"])
    build(folder, "mini-hollow", "0.0.1")
    asks = {"mini_asks/codes.py": b"from mini_hollow.codes import CODES\n"}
    build(folder, "mini-asks", "1.0", ["mini-hollow"], more=asks)
    build(folder, "vllm", "1.8", ["mini-asks"])
    build(folder, "mini-deleted", "0.6")
    compares = b'pkgs_to_check_at_runtime = [\n    "python",\n    "numpy",\n]\n'
    build(folder, "transformers", "90.1", ["numpy<2", "sympy==1.0"],
          more={"transformers/dependency_versions_check.py": compares})  # fmt: skip
    build(folder, "vllm", "0.8", ["numpy<2", "transformers"])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("wheels")
    _wheels(folder)
    with serve(folder) as served:
        yield served


@pytest.fixture
def simulated(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulate:
    """Simulates steps; the small index is the only one that this machine knows."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", index.url)

    def run(*steps: Step, facts: MachineFacts = FACTS, offline: bool = False) -> Simulated:
        home = Home(tmp_path / "home")
        host = LocalHost(home.cache)
        lookups = WheelLookups(host, home, offline=offline)
        try:
            return simulate(Procedure("script", "3.11", steps), facts, host, home, lookups, offline=offline)
        finally:
            lookups.close()

    return run


def pip(line: int, *requires: str, **more: object) -> Install:
    return Install(6, line, requires=requires, **more)  # type: ignore[arg-type]


def only(*urls: str) -> Sourcing:
    return Sourcing(index_url=urls[0], extra_index_urls=urls[1:])


SERVER = Launch(10, 99, engine="sglang")


def versions(done: Simulated) -> dict[str, str]:
    return {name: placed.version for name, placed in done.stack.packages.items()}


def codes(done: Simulated, severity: str = "blocker") -> set[str]:
    return {finding.code for finding in done.findings if finding.severity == severity}


def the(done: Simulated, code: str) -> Finding:
    found = [finding for finding in done.findings if finding.code == code]
    assert len(found) == 1, found
    return found[0]


def test_an_engine_alone_brings_what_it_needs_and_nothing_is_said(simulated: Simulate) -> None:
    done = simulated(pip(1, "sglang==90.7"), SERVER)
    assert versions(done) == {
        "mini-datasets": "1.0", "mini-dill": "0.4", "sympy": "1.1", "numpy": "2.2.0", "sgl-kernel": "0.3.20",
        "sglang": "90.7", "torch": "2.9.1",
    }  # fmt: skip
    assert done.findings == () and done.unknown == ()
    assert done.stack.packages["torch"].line == 1
    assert set(done.stack.packages["sglang"].requires or ()) == {
        "torch==2.9.1", "sgl-kernel==0.3.20", "mini-datasets", "numpy"
    }  # fmt: skip


def test_what_is_there_and_fits_stays(simulated: Simulate) -> None:
    done = simulated(pip(1, "sympy==1.0"), pip(2, "torch==2.9.1"), pip(3, "sglang==90.7"))
    assert versions(done)["sympy"] == "1.0" and done.stack.packages["torch"].line == 2
    assert not codes(done)


def test_force_reinstall_and_upgrade_take_the_newest_again(simulated: Simulate) -> None:
    first = pip(1, "sympy==1.0")
    assert versions(simulated(first, pip(2, "torch", force_reinstall=True)))["sympy"] == "1.1"
    assert versions(simulated(first, pip(2, "torch", upgrade=True)))["sympy"] == "1.0"
    assert versions(simulated(first, pip(2, "torch", upgrade=True, tool="uv")))["sympy"] == "1.1"
    assert versions(simulated(first, pip(2, "sympy", upgrade=True)))["sympy"] == "1.1"


def test_a_later_step_silently_replaces_a_pin(simulated: Simulate) -> None:
    done = simulated(pip(3, "torch==2.4.1"), pip(7, "vllm==90.6"))
    found = the(done, "pin-overridden")
    assert (found.severity, found.line, found.subject) == ("warning", 7, "torch 2.4.1")
    assert "line 3" in found.evidence and "vllm 90.6 needs torch==2.4.0" in found.evidence
    assert not codes(done)


def test_a_pin_that_is_put_back_is_only_told(simulated: Simulate) -> None:
    done = simulated(pip(3, "torch==2.4.1"), pip(7, "vllm==90.6"), pip(9, "torch==2.4.1", force_reinstall=True))
    assert versions(done)["torch"] == "2.4.1"
    assert the(done, "pin-overridden").severity == "info"


def test_a_deliberate_change_is_no_override(simulated: Simulate) -> None:
    assert not simulated(pip(1, "torch==2.4.1"), pip(2, "torch==2.9.1")).findings


def test_a_bound_that_is_lost_is_a_warning(simulated: Simulate) -> None:
    done = simulated(pip(4, "numpy<2"), pip(7, "mini-opencv>=4.10"))
    assert versions(done)["numpy"] == "2.2.0"
    assert (the(done, "pin-overridden").severity, the(done, "pin-overridden").line) == ("warning", 7)


def test_a_build_for_one_cuda_survives_a_step_that_is_content_with_it(simulated: Simulate) -> None:
    done = simulated(pip(1, "torch==2.4.1", sourcing=only(PYTORCH)), pip(2, "torchaudio"), pip(3, "torch==2.4.1"))
    assert versions(done)["torch"] == "2.4.1+cu124" and done.stack.packages["torch"].source == PYTORCH
    assert not codes(done)


def test_a_build_for_one_cuda_that_is_replaced_by_the_default_build(simulated: Simulate) -> None:
    done = simulated(pip(1, "torch==2.4.1", sourcing=only(PYTORCH)), pip(2, "torch==2.4.1", force_reinstall=True))
    found = the(done, "pin-overridden")
    assert found.severity == "warning" and "+cu124" in found.summary and versions(done)["torch"] == "2.4.1"


def test_the_procedures_own_check(simulated: Simulate) -> None:
    check = Expectation(9, 20, package="torch", specifier="==2.4.1")
    done = simulated(pip(3, "torch==2.9.1"), check)
    assert (the(done, "pin-overridden").line, the(done, "pin-overridden").severity) == (20, "blocker")
    assert not simulated(pip(3, "torch==2.4.1"), check).findings


def test_one_command_without_a_solution(simulated: Simulate) -> None:
    done = simulated(pip(5, "sglang==90.7", "torch==2.4.1"))
    found = the(done, "dependency-conflict")
    assert (found.severity, found.line) == ("blocker", 5)
    assert "torch==2.9.1" in found.evidence and "torch==2.9.1" in found.fix


def test_an_engine_without_its_dependencies(simulated: Simulate) -> None:
    done = simulated(pip(3, "torch==2.4.1"), pip(8, "sglang==90.7", no_deps=True), SERVER)
    assert codes(done) == {"dependency-conflict", "missing-module"}
    conflict, lack = the(done, "dependency-conflict"), the(done, "missing-module")
    assert "torch==2.9.1" in conflict.evidence and "torch 2.4.1 (line 3)" in conflict.evidence
    assert "sgl-kernel" in lack.summary and "mini-dill (for sglang 90.7 > mini-datasets)" in lack.evidence


def test_a_failure_that_is_thrown_away_shows_where_the_package_is_missed(simulated: Simulate) -> None:
    steps = (pip(3, "torch==2.9.1", "mini-datasets", "numpy"), pip(8, "sglang==90.7", no_deps=True), SERVER)
    done = simulated(pip(2, "sgl-kernel", sourcing=only(FLASHINFER), tolerated=True), *steps)
    assert the(done, "index-missing").severity == "blocker"  # since the engine needs it after all
    assert the(done, "missing-module").severity == "blocker" and "sgl-kernel" in the(done, "missing-module").summary


def test_an_optional_part_may_fail(simulated: Simulate) -> None:
    done = simulated(pip(1, "sglang==90.7"), pip(2, "flash-attn", tolerated=True), SERVER)
    assert the(done, "index-missing").severity == "warning"


def test_a_script_without_set_e_goes_on_after_a_step_that_brings_nothing_needed(simulated: Simulate) -> None:
    goes_on, ends = pip(2, "flash-attn==9.9"), pip(2, "flash-attn==9.9", ends=True)
    engine = pip(1, "sglang==90.7")
    assert the(simulated(engine, goes_on, SERVER), "index-missing").severity == "warning"
    assert the(simulated(engine, ends, SERVER), "index-missing").severity == "blocker"
    # The command installs nothing at all, so an engine that it names as well is not there either.
    assert the(simulated(pip(1, "sglang==90.7", "flash-attn==9.9"), SERVER), "index-missing").severity == "blocker"


def test_an_excluded_release_is_a_blocker_only_where_something_ends(simulated: Simulate) -> None:
    alone = Launch(10, 9, engine="vllm")
    done = simulated(pip(1, "vllm==90.6"), pip(2, "numpy==2.2.0", no_deps=True), alone)
    found = the(done, "dependency-conflict")
    assert found.severity == "probe" and "whether the server starts is not known" in found.summary
    built = simulated(pip(1, "vllm==90.6"), pip(2, "torch==2.9.1", no_deps=True), alone)
    assert the(built, "dependency-conflict").severity == "blocker"


def test_a_package_that_compares_releases_when_it_is_imported_ends_the_start(simulated: Simulate) -> None:
    done = simulated(pip(1, "vllm==0.8"), pip(2, "numpy==2.2.0", no_deps=True), Launch(10, 9, engine="vllm"))
    (found,) = [one for one in done.findings if one.severity == "blocker"]
    assert found.subject == "transformers 90.1" and "fails with an ImportError" in found.summary
    # sympy is not among what it compares.
    other = simulated(pip(1, "vllm==0.8"), pip(2, "sympy==1.1", no_deps=True), Launch(10, 9, engine="vllm"))
    assert not codes(other)


def test_without_set_e_a_script_that_starts_nothing_still_fails(simulated: Simulate) -> None:
    done = simulated(pip(1, "mini-dill", tolerated=True), pip(2, "mini-new", tolerated=True))
    assert the(done, "wheel-platform").severity == "blocker"
    meant = simulated(pip(1, "mini-dill"), pip(2, "mini-new", tolerated=True))
    assert the(meant, "wheel-platform").severity == "warning"


def test_an_engine_that_does_not_arrive_is_there_for_the_other_judges(simulated: Simulate) -> None:
    done = simulated(pip(2, "sglang==90.23"), SERVER)
    engine = engine_package(done.stack)
    assert codes(done) == {"python-version"} and engine and engine.version == "90.23"


def test_modules_that_a_check_imports(simulated: Simulate) -> None:
    done = simulated(pip(1, "torch"), Imports(9, 5, modules=("torch", "json", "sgl_kernel.version", "unheard_of")))
    assert [(f.code, f.severity, f.subject) for f in done.findings] == [
        ("missing-module", "blocker", "sgl_kernel.version"), ("missing-module", "probe", "unheard_of"),
    ]  # fmt: skip


def test_what_is_uninstalled_is_gone(simulated: Simulate) -> None:
    done = simulated(pip(1, "torch", "numpy"), Uninstall(6, 2, names=("numpy",)))
    assert "numpy" not in versions(done)


def test_an_extra_that_is_not_there_only_warns(simulated: Simulate) -> None:
    done = simulated(pip(1, "sglang[all]==90.7"), SERVER)
    assert not done.findings and done.stack.packages["sglang"].extras == ("all",)


def test_an_index_that_replaces_the_default_one(simulated: Simulate, tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    build(folder, "mini-kernel", "1.0", ["torch"])
    with serve(folder) as kernels:
        alone = simulated(pip(5, "mini-kernel", sourcing=only(kernels.url)))
        found = the(alone, "index-exclusive")
        assert (found.severity, found.line) == ("blocker", 5) and "torch" in found.summary
        assert "--extra-index-url" in found.fix
        assert {"mini-kernel", "torch"} <= set(versions(alone))
        assert not simulated(pip(1, "torch"), pip(5, "mini-kernel", sourcing=only(kernels.url))).findings
        beside = simulated(pip(5, "mini-kernel", sourcing=Sourcing(extra_index_urls=(kernels.url,))))
        assert not beside.findings and beside.stack.packages["mini-kernel"].source == kernels.url


def test_an_index_that_does_not_hold_the_package(simulated: Simulate, tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    build(folder, "mini-kernel", "1.0")
    with serve(folder) as kernels:
        asked = the(simulated(pip(5, "sgl-kernel", sourcing=only(kernels.url))), "index-missing")
    known = the(simulated(pip(6, "sgl-kernel", sourcing=only(FLASHINFER))), "index-missing")
    assert (asked.severity, asked.line, asked.subject) == ("blocker", 5, "sgl-kernel")
    assert (known.severity, known.line) == ("blocker", 6) and "flashinfer-python" in known.evidence


def test_a_version_that_the_index_does_not_hold(simulated: Simulate) -> None:
    assert the(simulated(pip(1, "sglang==0.9.9")), "index-missing").subject == "sglang"
    held = the(simulated(pip(1, "torch==2.9.1", sourcing=only(PYTORCH))), "index-missing")
    assert "2.4.1" in held.evidence


def test_dependencies_that_an_index_lacks_which_cannot_be_asked(simulated: Simulate) -> None:
    found = the(simulated(pip(5, "flashinfer-python", sourcing=only(FLASHINFER))), "index-exclusive")
    assert "mini-ninja" in found.summary and found.severity == "blocker"
    quiet = simulated(pip(1, "torch", "mini-ninja"), pip(5, "flashinfer-python", sourcing=only(FLASHINFER)))
    assert not codes(quiet) and quiet.stack.packages["flashinfer-python"].source == FLASHINFER


def test_a_release_that_only_an_index_has_which_cannot_be_asked(simulated: Simulate) -> None:
    older = Sourcing(index_url="https://flashinfer.ai/whl/cu124/torch2.3")
    done = simulated(pip(1, "torch"), pip(5, "flashinfer", sourcing=older))
    assert versions(done)["flashinfer"] == "0.1.6+cu124torch2.3" and not codes(done)


def test_several_indexes_of_one_package_as_uv_takes_them_for_a_driver(simulated: Simulate) -> None:
    urls = tuple(f"https://download.pytorch.org/whl/{variant}" for variant in ("cu130", "cu128", "cu124"))
    every = Sourcing(extra_index_urls=urls, strategy="first-index")
    done = simulated(pip(1, "torch==2.4.1", tool="uv", sourcing=every))
    assert versions(done)["torch"] == "2.4.1+cu124" and not done.findings
    assert versions(simulated(pip(1, "sglang==90.7", tool="uv", sourcing=every)))["torch"] == "2.9.1+cu130"


def test_the_first_index_that_knows_a_name_is_the_only_one(simulated: Simulate) -> None:
    first = Sourcing(extra_index_urls=(PYTORCH,), strategy="first-index")
    assert versions(simulated(pip(1, "torch", tool="uv", sourcing=first)))["torch"] == "2.4.1+cu124"
    assert versions(simulated(pip(1, "torch", sourcing=Sourcing(extra_index_urls=(PYTORCH,)))))["torch"] == "2.9.1"


def test_a_build_of_the_day_is_not_known(simulated: Simulate) -> None:
    nightly = only("https://download.pytorch.org/whl/nightly/cu128")
    done = simulated(pip(1, "torch", sourcing=nightly, pre=True), pip(2, "mini-uses-torch"))
    assert the(done, "dependency-conflict").severity == "probe"
    assert re.fullmatch(r"2\.10\.0\.dev\d{8}\+cu128", versions(done)["torch"])


def test_an_index_that_nobody_knows(simulated: Simulate) -> None:
    """Which release it gives is open; one that is named is checked as the public index describes it."""
    silent = only("http://127.0.0.1:9/simple")
    untold = simulated(pip(1, "torch", sourcing=silent))
    assert the(untold, "network").severity == "probe" and "torch" not in versions(untold)
    named = simulated(pip(1, "torch==2.4.1", sourcing=silent))
    assert the(named, "network").severity == "probe" and versions(named)["torch"] == "2.4.1"


def test_no_wheel_for_this_python(simulated: Simulate) -> None:
    assert the(simulated(pip(1, "sglang==90.23")), "python-version").subject == "sglang"


def test_no_wheel_for_this_glibc(simulated: Simulate) -> None:
    found = the(simulated(pip(1, "mini-new")), "wheel-platform")
    assert found.subject == "mini-new" and "2.35" in found.summary


def test_a_wheel_that_says_it_is_something_else(simulated: Simulate) -> None:
    found = the(simulated(pip(1, "mini-swapped")), "wheel-defect")
    assert found.severity == "blocker" and "mini-other" in found.evidence


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://h.example/flashinfer-0.2.whl", "wheel-defect"),
        ("https://h.example/flashinfer_python-0.2.5+cu124-latest.whl", "wheel-defect"),
        ("https://h.example/flash_attn-2.8-cp39-cp39-linux_x86_64.whl", "python-version"),
        ("https://h.example/flash_attn-2.8-cp311-cp311-linux_aarch64.whl", "wheel-platform"),
        ("https://h.example/flash_attn-2.8-cp311-cp311-manylinux_2_39_x86_64.whl", "wheel-platform"),
    ],
)
def test_the_address_of_a_wheel(simulated: Simulate, address: str, code: str) -> None:
    assert the(simulated(pip(4, address)), code).severity == "blocker"


def test_a_wheel_by_its_address_is_installed(simulated: Simulate, tmp_path: Path) -> None:
    wheel = build(tmp_path / "own", "mini-own", "1.0", ["mini-dill"])
    done = simulated(pip(4, wheel.as_uri()))
    assert versions(done) == {"mini-own": "1.0", "mini-dill": "0.4"} and not done.findings


def test_a_wheel_whose_name_and_metadata_disagree(simulated: Simulate, tmp_path: Path) -> None:
    wheel = build(tmp_path / "own", "mini-own", "1.0+cu124")
    renamed = wheel.rename(wheel.with_name("mini_own-1.0-py3-none-any.whl"))
    assert the(simulated(pip(4, renamed.as_uri())), "wheel-defect").severity == "blocker"


def test_source_code_is_stood_in_for_by_the_newest_release(simulated: Simulate) -> None:
    step = pip(4, "git+https://github.com/org/mini-opencv.git", no_deps=True)
    done = simulated(pip(1, "numpy<2"), step)
    assert versions(done)["mini-opencv"] == "4.12" and done.stack.packages["mini-opencv"].source == "git"
    assert "not a release" in done.findings[0].summary


def test_source_code_that_nothing_is_known_of(simulated: Simulate) -> None:
    done = simulated(pip(4, "./somewhere"))
    assert codes(done, "probe") == {"dependency-conflict"} and not done.stack.packages


def test_the_packages_of_the_image_are_not_those_of_the_environment(simulated: Simulate) -> None:
    facts = MachineFacts(os=FACTS.os, python=("3.11",), packages={"torch": "2.4.1+cu124"})
    image = simulated(pip(1, "torch==2.4.1", "mini-dill", interpreter="system"), facts=facts)
    assert image.stack.packages["torch"].source == "image"
    assert simulated(pip(1, "torch==2.4.1"), facts=facts).stack.packages["torch"].source == "default"


def test_what_runs_instead_runs_only_where_the_first_fails(simulated: Simulate) -> None:
    def instead(*requires: str) -> Install:
        return pip(2, *requires, tolerated=True, condition='! pip install "mini-opencv==4.11"', fallback=True)

    kept = simulated(pip(2, "mini-opencv==4.11", tolerated=True), instead("mini-opencv==4.12"))
    assert versions(kept)["mini-opencv"] == "4.11"
    taken = simulated(pip(2, "mini-opencv==9", tolerated=True), instead("mini-opencv==4.12"))
    assert versions(taken)["mini-opencv"] == "4.12" and not codes(taken)


def test_a_server_in_an_image_has_the_packages_of_the_image(simulated: Simulate) -> None:
    launch = Launch(10, 3, engine="vllm", image="vllm/vllm-openai:v90.6")
    done = simulated(pip(1, "torch==2.9.1", interpreter="system"), launch)
    assert versions(done)["torch"] == "2.4.0" and done.stack.packages["vllm"].source == "image" and not done.findings
    unknown = simulated(Launch(10, 3, engine="vllm", image="somebody/something:1"))
    assert not unknown.stack.packages and "somebody/something:1" in unknown.unknown[0]


def test_without_a_network_it_answers_from_what_was_asked_before(simulated: Simulate) -> None:
    before = simulated(pip(1, "sglang==90.7"), SERVER)
    assert versions(simulated(pip(1, "sglang==90.7"), SERVER, offline=True)) == versions(before)


def test_without_a_network_and_without_a_memory_it_says_so(simulated: Simulate) -> None:
    done = simulated(pip(1, "mini-datasets"), offline=True)
    assert done.unknown and not codes(done)


@pytest.mark.parametrize(("written", "better"), [("torch=2.4.1", "torch==2.4.1"), ("numpy=>2", "numpy>=2")])
def test_a_requirement_that_pip_refuses(simulated: Simulate, written: str, better: str) -> None:
    done = simulated(pip(1, written))
    assert [(f.code, f.severity, f.subject) for f in done.findings] == [("shell-defect", "blocker", written)]
    assert better in done.findings[0].fix and versions(done)


def test_an_index_that_gives_no_answer_is_not_empty(simulated: Simulate) -> None:
    private = Sourcing(extra_index_urls=("http://127.0.0.1:9/simple",))
    done = simulated(pip(1, "acme-guardrails==1.4.2", "numpy==2.2.0", sourcing=private))
    assert {(f.code, f.severity) for f in done.findings} == {("network", "probe")}
    assert versions(done) == {"numpy": "2.2.0"}


def test_what_a_pinned_release_brings_from_an_index_that_cannot_be_asked(simulated: Simulate) -> None:
    private = only("https://packages.example.invalid/simple")
    done = simulated(pip(1, "sglang==90.7", sourcing=private), SERVER)
    # What the release requires exactly is the same everywhere; of the rest, that index may have any release.
    assert versions(done) == {"sglang": "90.7", "torch": "2.9.1", "sgl-kernel": "0.3.20"}
    assert not codes(done) and codes(done, "probe")


def test_a_pin_of_a_published_package_that_was_deleted(simulated: Simulate) -> None:
    done = simulated(pip(1, "mini-orphan==1.0"))
    (found,) = done.findings
    assert (found.code, found.severity, found.subject) == ("dependency-conflict", "blocker", "mini-deleted")
    assert "mini-orphan 1.0 requires mini-deleted 0.5" in found.summary and "another release" in found.fix
    # The rest of the set is known all the same.
    assert versions(done) == {"mini-orphan": "1.0", "mini-deleted": "0.5", "numpy": "2.2.0"}


def test_a_package_that_does_not_hold_what_another_imports_of_it(simulated: Simulate) -> None:
    found = the(simulated(pip(1, "vllm==1.8"), Launch(10, 2, engine="vllm")), "missing-module")
    assert (found.severity, found.subject) == ("blocker", "mini-hollow 0.0.1")
    assert "mini_hollow.codes" in found.summary and "mini-asks 1.0" in found.summary
