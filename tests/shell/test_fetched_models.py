"""Models that a script fetches into a folder and serves from there; several machines; settings in files."""

from __future__ import annotations

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Launch
from installer.shell import procedure


def launched(text: str) -> Launch:
    return procedure(text + "\n", "s.sh", MachineFacts())[0].launches[-1]


@pytest.mark.parametrize(
    "text",
    [
        "hf download org/model --local-dir /w/m\nvllm serve /w/m",
        "cd /w\nhuggingface-cli download org/model --local-dir m\nvllm serve /w/m",
        "modelscope download --model org/model --local_dir /w/m\npython -m sglang.launch_server --model-path /w/m",
        "git lfs install\ngit clone https://huggingface.co/org/model\nvllm serve ./model",
        "git clone https://huggingface.co/org/model /w/m\nvllm serve /w/m",
        "hf download org/model --local-dir /w/m\nln -sfn /w/m /srv/model\nvllm serve /srv/model",
        "hf download org/model --local-dir m\nmv m /srv/model\nvllm serve /srv/model",
        'python -c "from huggingface_hub import snapshot_download as s; '
        "import huggingface_hub; huggingface_hub.snapshot_download(repo_id='org/model', local_dir='/w/m')\"\n"
        "vllm serve /w/m",
    ],
)
def test_what_was_fetched_into_a_folder_is_known_by_its_name(text: str) -> None:
    assert launched(text).model == "org/model"


@pytest.mark.parametrize(
    ("text", "cluster"),
    [
        ("ray start --head\nvllm serve m -tp 8", "Ray"),
        ("vllm serve m --distributed-executor-backend=ray", "Ray"),
        ("N=2\npython -m sglang.launch_server --model-path m --nnodes $N --node-rank 0", "several nodes"),
        ("vllm serve m -tp 8", ""),
    ],
)
def test_a_server_over_several_machines(text: str, cluster: str) -> None:
    assert launched(text).cluster == cluster


def test_settings_in_a_file_are_words_of_the_command_line() -> None:
    text = "cat > s.yaml <<END\nmodel: org/model\nmax_model_len: 4096\nenforce-eager: true\ntrust: false\nEND\n"
    found = launched(f"{text}vllm serve --config s.yaml --seed 1")
    assert found.model == "org/model"
    assert found.arguments == ("--model", "org/model", "--max-model-len", "4096", "--enforce-eager", "--seed", "1")
    missing = procedure("vllm serve --config /etc/s.yaml\n", "s.sh", MachineFacts())[0]
    assert "/etc/s.yaml" in missing.not_followed[0].why
