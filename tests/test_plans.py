"""`plan` and `audit` through the command line, on a small index: same document, same exit statuses, no waiting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stand_ins import package_index, wheels
from tests.stand_ins.lab import ROOT, PlanningLab

RECIPE = str(ROOT / "tests/recipes/mini.yaml")
POD = str(ROOT / "tests/machines/h100.yaml")
GOOD = """\
#!/bin/bash
set -e
uv venv --clear --python 3.12 /workspace/venv
source /workspace/venv/bin/activate
uv pip install torch==2.0.0
uv pip install mini-engine==1.0
"""
CLASH = """\
set -e
pip install 'torch==2.1.0'
pip install 'mini-clash==1.0'
python -c 'import torch; assert torch.__version__ == "2.1.0"'
"""
QWEN = {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2"}
KEYS = {
    "schema", "recipe", "profile", "machine", "as_of", "verdict", "findings", "stages", "packages", "download_bytes",
    "disk_bytes", "memory", "seconds",
}  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlanningLab]:
    root = tmp_path_factory.mktemp("planning")
    wheels.stack(root / "wheels")
    wheels.build(root / "wheels", "mini-clash", "1.0", ["torch==2.0.0"])
    with package_index.serve(root / "wheels") as index:
        yield PlanningLab(root, index)


def test_a_script_and_a_recipe_come_as_the_same_document(lab: PlanningLab) -> None:
    plan = lab.document("plan", "--recipe", RECIPE, "--machine", POD)
    audit = lab.document("audit", lab.script(GOOD), "--machine", POD)
    for document in (plan, audit):
        assert set(document) >= KEYS
        assert [stage["number"] for stage in document["stages"]] == list(range(1, 11))
    assert audit["recipe"] == "start.sh" and audit["machine"] == "h100"
    names = {package["name"]: package["version"] for package in audit["packages"]}
    assert names["torch"] == "2.0.0" and names["mini-engine"] == "1.0"


def test_the_steps_of_a_script_stand_at_their_stages_with_words_and_line(lab: PlanningLab) -> None:
    audit = lab.document("audit", lab.script(GOOD), "--machine", POD)
    torch = audit["stages"][2]["changes"][0]
    assert torch["line"] == 5 and torch["command"] == ["uv", "pip", "install", "torch==2.0.0"]
    assert audit["stages"][2]["status"] == "pending"
    assert audit["stages"][9]["status"] == "skipped"


def test_a_script_that_cannot_work_is_3_and_says_where(lab: PlanningLab) -> None:
    audit = lab.document("audit", lab.script(CLASH), "--machine", POD)
    assert (audit["status"], audit["verdict"]) == (3, "fails")
    blocker = next(finding for finding in audit["findings"] if finding["severity"] == "blocker")
    assert blocker["code"] == "pin-overridden" and blocker["line"] in (3, 4)
    blocked = [stage["number"] for stage in audit["stages"] if stage["status"] == "blocked"]
    assert blocker["stage"] in blocked


def test_a_script_comes_from_stdin_too(lab: PlanningLab) -> None:
    done = lab.tool("audit", "-", "--machine", POD, "--json", input=CLASH)
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["verdict"] == "fails"


def test_strict_counts_what_is_not_known(lab: PlanningLab) -> None:
    script = lab.script(
        'pip install torch==2.0.0\neval "$(cat /etc/hostname)"\npip install no-such-thing-at-all||true\n'
    )
    audit = lab.document("audit", script, "--machine", POD, "--offline")
    assert audit["verdict"] == "unknown" and audit["status"] == 0
    assert lab.tool("audit", script, "--machine", POD, "--offline", "--strict").returncode == 4


def test_a_plan_asked_again_asks_nobody(lab: PlanningLab) -> None:
    first = lab.document("plan", "--recipe", RECIPE, "--machine", POD)
    lab.index.requests.clear()
    again = lab.document("plan", "--recipe", RECIPE, "--machine", POD)
    assert lab.index.requests == []
    assert [f["code"] for f in again["findings"]] == [f["code"] for f in first["findings"]]
    assert again["packages"] == first["packages"]


def test_an_audit_asked_again_asks_nobody_and_says_the_same(lab: PlanningLab) -> None:
    first = lab.document("audit", lab.script(CLASH), "--machine", POD)
    lab.index.requests.clear()
    again = lab.document("audit", lab.script(CLASH), "--machine", POD)
    assert lab.index.requests == []
    measured = ("seconds", "looked_bytes")
    assert {k: v for k, v in again.items() if k not in measured} == {
        k: v for k, v in first.items() if k not in measured
    }
    assert list((lab.home / "cache" / "findings").glob("*.json"))
    mended = lab.document("audit", lab.script(CLASH.replace("2.1.0", "2.0.0")), "--machine", POD)
    assert mended["verdict"] != "fails"


def test_another_machine_is_another_question(lab: PlanningLab) -> None:
    lab.document("plan", "--recipe", RECIPE, "--machine", POD)
    other = lab.document("plan", "--recipe", RECIPE, "--machine", str(ROOT / "tests/machines/a40-pod.yaml"))
    assert other["machine"] == "a40-pod"


def test_offline_the_plan_answers_and_says_what_it_could_not_ask(tmp_path: Path) -> None:
    wheels.stack(tmp_path / "wheels")
    with package_index.serve(tmp_path / "wheels") as index:
        lab = PlanningLab(tmp_path, index)
        document = lab.document("plan", "--recipe", RECIPE, "--machine", POD, "--offline")
        assert index.requests == []
    probes = [finding["code"] for finding in document["findings"] if finding["severity"] == "probe"]
    assert "network" in probes
    assert document["verdict"] == "unknown"


def test_with_a_network_that_is_not_there_it_answers_within_the_bound(lab: PlanningLab, tmp_path: Path) -> None:
    lab.index.requests.clear()
    cut_off = PlanningLab(tmp_path, lab.index)
    cut_off.environment |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "HTTPS_PROXY": "http://127.0.0.1:9"}
    document = cut_off.document("plan", "--recipe", RECIPE, "--machine", POD)
    assert document["seconds"] < 60
    assert "network" in [finding["code"] for finding in document["findings"]]
    audit = cut_off.document("audit", cut_off.script(GOOD), "--machine", POD)
    assert audit["seconds"] < 60
    assert audit["verdict"] == "unknown"


@pytest.mark.parametrize("command", [("plan", "--recipe", RECIPE), ("audit", "SCRIPT")], ids=["plan", "audit"])
@pytest.mark.parametrize(
    ("option", "content", "phrase"),
    [
        ("--model-config", "not json", "m.json"),
        ("--model-config", "", "m.json"),
        ("--machine", "name: x\ncolour: green\n", "unknown key"),
        ("--as-of", None, "day"),
    ],
)
def test_bad_input_is_2_and_a_sentence(
    lab: PlanningLab, command: tuple[str, ...], option: str, content: str | None, phrase: str
) -> None:
    words = [lab.script(GOOD) if word == "SCRIPT" else word for word in command]
    file = lab.root / "m.json"
    file.write_text(content or "", encoding="utf-8")
    done = lab.tool(*words, option, "yesterday" if content is None else str(file))
    assert done.returncode == 2, done.stderr
    assert phrase in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# nothing but a remark\n",
        b"\x7fELF\x02\x01\x01" + bytes(200),
        b"\xff\xfe#\x00!\x00",
        b"echo hi\n" * 640_000,
    ],
    ids=["empty", "no commands", "binary", "utf-16", "5 MB"],
)
def test_what_is_no_script_is_2_and_a_sentence(lab: PlanningLab, content: bytes) -> None:
    file = lab.root / "given.sh"
    file.write_bytes(content)
    done = lab.tool("audit", str(file))
    assert done.returncode == 2
    assert "given.sh" in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_model_of_ones_own_is_what_is_judged(lab: PlanningLab) -> None:
    config = lab.root / "config.json"
    config.write_text(json.dumps(QWEN), encoding="utf-8")
    document = lab.document("plan", "--recipe", RECIPE, "--machine", POD, "--model-config", str(config))
    assert document["verdict"] in ("works", "unknown")


def test_a_secret_of_a_script_is_not_repeated(lab: PlanningLab) -> None:
    script = lab.script("vllm serve org/m --api-key hunter2hunter2 --port 8000\nexport HF_TOKEN=hf_abcdefghijklmnop\n")
    done = lab.tool("audit", script, "--machine", POD, "--json")
    assert "hunter2hunter2" not in done.stdout + done.stderr
    assert "hf_abcdefghijklmnop" not in done.stdout + done.stderr


def test_a_run_stops_before_anything_is_fetched_where_a_judge_sees_that_it_fails(tmp_path: Path) -> None:
    wheels.stack(tmp_path / "wheels")
    wheels.build(tmp_path / "wheels", "vllm", "0.33.0", ["torch==2.0.0"])
    recipe = tmp_path / "recipe.yaml"
    text = Path(RECIPE).read_text(encoding="utf-8").replace("mini-engine==1.0", "vllm==0.33.0")
    recipe.write_text(text + "  port: 18473\n  flags: {--no-release-ever-had-this: 1}\n", encoding="utf-8")
    with package_index.serve(tmp_path / "wheels") as index:
        lab = PlanningLab(tmp_path, index)
        planned = lab.document("plan", "--recipe", str(recipe))
        done = lab.tool("--stage", "all", "--recipe", str(recipe), "--yes")
        fetched = [path for path in index.requests if path.endswith(".whl")]
    assert planned["status"] == 3
    blockers = [finding for finding in planned["findings"] if finding["severity"] == "blocker"]
    assert {"flag-unknown", "abi-mismatch"} & {finding["code"] for finding in blockers}
    assert done.returncode == 3, done.stderr
    assert any(finding["summary"] in done.stderr for finding in blockers)
    assert fetched == []
    assert not (lab.home / "generations").exists() and not (lab.home / "current").exists()


@pytest.mark.parametrize(("online", "severity"), [("online: true", "info"), ("", "probe")], ids=["online", "not said"])
def test_a_hub_that_only_this_machine_cannot_reach_is_held_against_no_machine_that_is_online(
    lab: PlanningLab, tmp_path: Path, online: str, severity: str
) -> None:
    recipe, machine = tmp_path / "recipe.yaml", tmp_path / "pod.yaml"
    recipe.write_text(Path(RECIPE).read_text(encoding="utf-8").replace("random: {}", "hub: org/m"), encoding="utf-8")
    machine.write_text(Path(POD).read_text(encoding="utf-8").replace("online: true", online), encoding="utf-8")
    document = lab.document("plan", "--recipe", str(recipe), "--machine", str(machine))
    told = [
        finding["severity"] for finding in document["findings"] if (finding["code"], finding["stage"]) == ("network", 8)
    ]
    assert told == [severity]
