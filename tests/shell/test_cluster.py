"""Manifests that a script writes, pipes or has beside it are followed when it applies them."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Procedure
from installer.shell import procedure

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  template:
    spec:
      containers:
        - name: llm
          image: vllm/vllm-openai:v0.10.2
          args: [--model, $MODEL]
          resources: {limits: {nvidia.com/gpu: 2}}
"""
SERVICE = "---\napiVersion: v1\nkind: Service\nmetadata: {name: vllm}\nspec: {ports: [{port: 8000}]}\n"


def followed(text: str, folder: Path | None = None) -> Procedure:
    return procedure(text + "\n", "start.sh", MachineFacts(), folder)[0]


@pytest.mark.parametrize(
    "text",
    [
        f"MODEL=org/model\ncat <<END | kubectl apply -f -\n{MANIFEST}END",
        f"MODEL=org/model\nkubectl -n llm apply -f - <<END\n{MANIFEST}END",
        f"MODEL=org/model\ncat > m.yaml <<END\n{MANIFEST}END\nkubectl create --filename=m.yaml",
        f"export MODEL=org/model\ncat > m.yaml <<'END'\n{MANIFEST}END\nenvsubst < m.yaml | kubectl apply -f -",
        f"cat > m.yaml <<'END'\n{MANIFEST}END\nsed 's|$MODEL|org/model|' m.yaml | kubectl apply -f -".replace(
            "$MODEL]", "MODEL_HERE]"
        ).replace("s|$MODEL|", "s|MODEL_HERE|"),
    ],
)
def test_a_manifest_that_is_applied_is_followed(text: str) -> None:
    found = followed(text)
    (launch,) = found.launches
    assert (launch.model, launch.image) == ("org/model", "vllm/vllm-openai:v0.10.2")
    assert (launch.devices, launch.alongside) == ((0, 1), None)
    assert not found.not_followed


def test_one_beside_the_script(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MANIFEST.replace("$MODEL", "org/model"), encoding="utf-8")
    assert followed("kubectl apply -f m.yaml", tmp_path).launches
    assert followed("kubectl apply -f other.yaml", tmp_path).not_followed


def test_what_holds_no_container_is_no_open_question() -> None:
    found = followed(
        "kubectl create ns llm --dry-run=client -o yaml | kubectl apply -f -\nkubectl get pods\nvllm serve m"
    )
    assert not found.not_followed


def test_a_service_sets_a_variable_in_the_pods_beside_it(tmp_path: Path) -> None:
    def variables(text: str) -> dict[str, str]:
        (launch,) = procedure(text, "m.yaml", MachineFacts(), tmp_path)[0].launches
        return dict(launch.environment)

    plain = MANIFEST.replace("$MODEL", "org/model")
    assert variables(plain + SERVICE)["VLLM_PORT"].startswith("tcp://")
    assert "VLLM_PORT" not in variables(plain)
    assert "VLLM_PORT" not in variables(plain + SERVICE.replace("{name: vllm}", "{name: vllm, namespace: other}"))
    closed = plain.replace("      containers:", "      enableServiceLinks: false\n      containers:")
    assert "VLLM_PORT" not in variables(closed + SERVICE)
    own = plain.replace("          resources:", "          env: [{name: VLLM_PORT, value: '9'}]\n          resources:")
    assert variables(own + SERVICE)["VLLM_PORT"] == "9"
