"""A recipe for another carrier: valid for Kubernetes, read back by our own audit, and without any secret."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from installer.cli import main
from installer.core.errors import UsageError
from installer.core.machine.facts import MachineFacts
from installer.core.recipes.recipe import PackageSet, PackageStage, Recipe
from installer.session import exporting, recipes
from installer.session.exports import filling
from installer.shell.follow import procedure
from stages.launching import arguments

MACHINES = Path(__file__).parent.parent / "machines"
CARRIED = [
    "qwen2.5-3b-sglang",
    "qwen2.5-3b-vllm",
    "minimax-m1-docker",
    "qwen2.5-0.5b-docker",
    "qwen2.5-3b-sglang-cuda12",
]


def recipe(name: str) -> Recipe:
    return recipes.load(name)


def documents(name: str, kind: str = "kubernetes", *, key: bool = True, image: str | None = None) -> list[Any]:
    text = exporting.exported(kind, recipe(name), image=image, key=key, plan=None)
    return list(yaml.safe_load_all(text))


@pytest.mark.parametrize("name", CARRIED)
def test_kubernetes_takes_the_manifests(name: str) -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    for document in documents(name):
        validate.validate(document, "1.29", strict=True)


def test_a_model_over_several_machines_becomes_a_leader_worker_set() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    claim, spread, service = documents("minimax-m1-two-nodes")
    for document in (claim, service):
        validate.validate(document, "1.29", strict=True)
    template = spread["spec"]["leaderWorkerTemplate"]
    assert (spread["apiVersion"], template["size"]) == ("leaderworkerset.x-k8s.io/v1", 2)
    # Its own fields, as leaderworkerset_types.go of v1 has them; what is inside is Kubernetes' own.
    assert set(spread["spec"]) <= {"replicas", "leaderWorkerTemplate", "startupPolicy", "networkConfig"}
    assert set(template) <= {"size", "restartPolicy", "leaderTemplate", "workerTemplate"}
    assert (spread["spec"]["startupPolicy"], template["restartPolicy"]) == (
        "LeaderCreated",
        "RecreateGroupOnPodRestart",
    )
    pods = [template[f"{who}Template"] for who in ("leader", "worker")]
    for pod in pods:
        validate.validate(
            {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "x"}, "template": pod}, "1.29"
        )
    leader, worker = (pod["spec"]["containers"][0] for pod in pods)
    assert leader["resources"]["limits"] == worker["resources"]["limits"] == {"nvidia.com/gpu": 8}
    assert worker["command"] == ["python3", "-m", "vllm.entrypoints.cli.main", "serve"]
    for container, rank in ((leader, "0"), (worker, "$(LWS_WORKER_INDEX)")):
        words = container["args"]
        assert [words[words.index(flag) + 1] for flag in ("--nnodes", "--node-rank", "--master-addr")] == [
            "2", rank, "$(LWS_LEADER_ADDRESS)",
        ]  # fmt: skip
    assert "readinessProbe" in leader and "readinessProbe" not in worker
    assert service["spec"]["selector"]["leaderworkerset.sigs.k8s.io/worker-index"] == "0"


def test_a_release_that_wants_ray_gets_a_cluster_around_it() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    told = recipe("minimax-m1-two-nodes")
    older = replace(told, engine=PackageStage((PackageSet(("vllm==0.9.2",)),)))
    text = exporting.exported("kubernetes", older, image=None, key=True, plan=None)
    template = list(yaml.safe_load_all(text))[1]["spec"]["leaderWorkerTemplate"]
    pods = [template[f"{who}Template"] for who in ("leader", "worker")]
    for pod in pods:
        body = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "x"}, "template": pod}
        validate.validate(body, "1.29")
    leader, worker = (pod["spec"]["containers"][0] for pod in pods)
    shell, _, begin, _, *engine = leader["command"]
    assert (shell, engine) == ("sh", ["python3", "-m", "vllm.entrypoints.openai.api_server"])
    assert begin.startswith("ray start --head --node-ip-address '$(POD_ADDRESS)' --port 29500 ")
    assert begin.endswith(""" 2 && exec "$@\"""") and "--distributed-executor-backend" in leader["args"]
    assert subprocess.run(["sh", "-n", "-c", begin], check=False).returncode == 0
    assert worker["args"][:4] == ["ray", "start", "--address", "$(LWS_LEADER_ADDRESS):29500"]
    assert {"name": "POD_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}} in worker["env"]
    found, _ = procedure(text, "kubernetes.yaml", MachineFacts())
    (launch,) = (step for step in found.steps if type(step).__name__ == "Launch")
    assert "--pipeline-parallel-size" in launch.arguments


def test_several_machines_are_nothing_for_compose() -> None:
    with pytest.raises(UsageError, match="for 2 machines"):
        documents("minimax-m1-two-nodes", "compose")


@pytest.mark.parametrize("kind", exporting.KINDS)
@pytest.mark.parametrize("name", CARRIED)
def test_the_audit_finds_the_same_server_in_them(name: str, kind: str) -> None:
    text = exporting.exported(kind, recipe(name), image=None, key=True, plan=None)
    found, _ = procedure(text, f"{kind}.yaml", MachineFacts())
    launches = [step for step in found.steps if type(step).__name__ == "Launch"]
    wanted = arguments(recipe(name), "MODEL")
    assert len(launches) == 1
    flags = [word for word in launches[0].arguments if word.startswith("--") and word != "--config"]
    assert flags == [word for word in wanted if word.startswith("--")]


def test_the_key_is_taken_from_a_secret_in_the_way_of_the_engine() -> None:
    by_variable, by_file = documents("qwen2.5-3b-vllm")[1], documents("qwen2.5-3b-sglang")[1]
    container = by_variable["spec"]["template"]["spec"]["containers"][0]
    taken = [one["name"] for one in container["env"] if "valueFrom" in one]
    assert taken == ["SERVER_KEY", "VLLM_API_KEY"]
    pod = by_file["spec"]["template"]["spec"]
    assert pod["containers"][0]["args"][:2] == ["--config", "/etc/deploy-tui/key.yaml"]
    assert {
        "name": "key",
        "secret": {"secretName": "qwen2-5-3b-sglang-key", "items": [{"key": "config", "path": "key.yaml"}]},
    } in pod["volumes"]


def test_open_only_by_a_word_of_its_own() -> None:
    for name in ("qwen2.5-3b-vllm", "qwen2.5-3b-sglang"):
        pod = documents(name, key=False)[1]["spec"]["template"]["spec"]
        assert not [one for one in pod["containers"][0]["env"] if "valueFrom" in one]
        assert not [one for one in pod["volumes"] if "secret" in one]
        assert "--config" not in pod["containers"][0]["args"]


def test_gpus_and_memory_come_from_the_recipe() -> None:
    pod = documents("minimax-m1-docker")[1]["spec"]["template"]["spec"]
    assert pod["containers"][0]["resources"]["limits"] == {"nvidia.com/gpu": 8}
    needs = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert {"key": "nvidia.com/gpu.memory", "operator": "Gt", "values": ["79999"]} in needs[0]["matchExpressions"]
    server = documents("minimax-m1-docker", "compose")[0]["services"]["server"]
    assert server["deploy"]["resources"]["reservations"]["devices"][0]["count"] == 8


def test_a_recipe_without_a_gpu_asks_for_none() -> None:
    pod = documents("qwen2.5-0.5b-cpu", image="registry.example/vllm-cpu:0.32.0")[1]["spec"]["template"]["spec"]
    assert "limits" not in pod["containers"][0]["resources"]
    server = documents("qwen2.5-0.5b-cpu", "compose", image="registry.example/vllm-cpu:0.32.0")[0]["services"]["server"]
    assert "deploy" not in server


def test_what_no_image_is_known_for_is_said() -> None:
    with pytest.raises(UsageError, match="There is no known image of vllm"):
        documents("qwen2.5-0.5b-cpu")


def test_no_value_becomes_part_of_the_structure() -> None:
    tree = {"a": "{x}", "b": ["{y}", "{none}"], "c": {"d": "{none}"}, "e": "n-{x}"}
    made = filling.filled(tree, {"x": "1}\nb: {y}", "y": ["- k: v"], "none": None})
    assert made == {"a": "1}\nb: {y}", "b": [["- k: v"]], "e": "n-1}\nb: {y}"}
    assert yaml.safe_load(filling.text([made], "head\n")) == made


def test_compose_leaves_dollars_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = recipes.load("qwen2.5-3b-vllm", settings=["server.flags.--seed=$HOME"])
    text = exporting.exported("compose", changed, image=None, key=False, plan=None)
    assert "$$HOME" in yaml.safe_load(text)["services"]["server"]["command"]


@pytest.mark.parametrize("kind", ["kubernetes", "compose"])
@pytest.mark.parametrize("name", CARRIED)
def test_what_is_printed_is_what_would_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, name: str
) -> None:
    words = ["export", kind, name, "--home", str(tmp_path)]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert main([*words, "-o", str(tmp_path / "file"), "--json"]) == 0
    written = (tmp_path / "file").read_text()
    assert json.loads(capsys.readouterr().out)["text"] == written == printed
    assert list(yaml.safe_load_all(written))


def test_a_target_that_cannot_serve_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "server.yaml"
    words = ["export", "kubernetes", "minimax-m1-docker", "--machine", str(MACHINES / "t4.yaml"), "-o", str(output)]
    assert main([*words, "--home", str(tmp_path / "home"), "--offline"]) == 3
    assert not output.exists() and "gpu-arch" in capsys.readouterr().err


def test_the_file_is_written_beside_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "server.yaml"
    words = ["export", "compose", "qwen2.5-3b-vllm", "--json", "-o", str(output), "--home", str(tmp_path / "home")]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["text"] == output.read_text()
