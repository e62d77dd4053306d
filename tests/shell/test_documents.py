"""Files that are no shell script: each is read as the shell that does the same, or refused with what it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Install, Launch, Procedure
from installer.shell import procedure

DOCKERFILE = """\
ARG TAG=v0.10.2
FROM vllm/vllm-openai:${TAG} AS base
ENV A=1 \\
    # in between
    B=2
RUN --mount=type=cache,target=/root/.cache pip install \\
    # in between
    pandas
FROM base
COPY requirements.txt /app/
WORKDIR /app
RUN pip install -r requirements.txt
CMD ["--model", "org/model", "--seed", "1"]
"""
COMPOSE = """\
services:
  llm:
    image: vllm/vllm-openai:${TAG:-v0.10.2}
    environment: [A=1]
    shm_size: 8g
    command: --model org/model --seed 1
"""
KUBERNETES = """\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: llm
          image: vllm/vllm-openai:v0.10.2
          command: [sh, -c]
          args: ["vllm serve org/model --seed 1"]
"""
SKY = """\
resources: {accelerators: A100}
envs: {MODEL: org/model}
setup: |
  pip install vllm==0.10.2
run: |
  vllm serve $MODEL --seed 1
"""
MARKDOWN = "# Serve\n\n```bash\npip install vllm==0.10.2\nvllm serve org/model --seed 1\n```\n```python\nx = 1\n```\n"
UNIT = "[Service]\nEnvironment=A=1\nExecStart=/usr/bin/vllm serve org/model \\\n  --seed 1\n"
NOTEBOOK = json.dumps(
    {"cells": [{"cell_type": "code", "source": ["!pip install vllm==0.10.2\n", "!vllm serve org/model --seed 1"]}]}
)


def followed(text: str, name: str, folder: Path | None = None) -> Procedure:
    return procedure(text, name, MachineFacts(), folder)[0]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("Dockerfile", DOCKERFILE, 13),
        ("image.Dockerfile", DOCKERFILE, 13),
        ("whatever", DOCKERFILE, 13),
        ("docker-compose.yml", COMPOSE, 2),
        ("k8s.yaml", KUBERNETES, 8),
        ("task.yaml", SKY, 6),
        ("README.md", MARKDOWN, 5),
        ("llm.service", UNIT, 3),
        ("serve.ipynb", NOTEBOOK, 2),
    ],
)
def test_the_server_of_each_kind_of_file_is_found_on_its_line(name: str, text: str, line: int) -> None:
    (launch,) = followed(text, name).launches
    assert (launch.model, launch.line) == ("org/model", line)
    assert launch.arguments[-2:] == ("--seed", "1")


def test_a_dockerfile_is_built_from_its_stages_and_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("fastapi\n", encoding="utf-8")
    found = followed(DOCKERFILE, "Dockerfile", tmp_path)
    assert [step.requires for step in found.steps if isinstance(step, Install)] == [("pandas",), ("fastapi",)]
    assert found.launches[0].image == "vllm/vllm-openai:v0.10.2"
    assert dict(found.launches[0].environment) == {"A": "1", "B": "2"}
    assert not found.not_followed


def test_an_entry_point_that_is_a_script_is_followed(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text("vllm serve org/model\n", encoding="utf-8")
    text = 'FROM nvidia/cuda:12.8.1-devel-ubuntu22.04\nCOPY . /srv\nENTRYPOINT ["bash", "/srv/start.sh"]\n'
    assert followed(text, "Dockerfile", tmp_path).launches[0].model == "org/model"


def test_a_compose_file_gives_its_containers_their_shared_memory() -> None:
    launch = followed(COMPOSE, "compose.yaml").launches[0]
    assert (launch.shm_mib, launch.image, dict(launch.environment)) == (8192, "vllm/vllm-openai:v0.10.2", {"A": "1"})


SHARED = """\
          volumeMounts: [{name: shm, mountPath: /dev/shm}]
      volumes: [{name: shm, emptyDir: {medium: Memory%s}}]
"""


@pytest.mark.parametrize(
    ("more", "shm"),
    [("", 64), (SHARED % ", sizeLimit: 2Gi", 2048), (SHARED % "", None), ("      hostIPC: true\n", None)],
)
def test_a_pod_has_little_shared_memory_unless_it_asks_for_more(more: str, shm: int | None) -> None:
    (launch,) = followed(KUBERNETES + more, "pod.yaml").launches
    assert launch.shm_mib == shm


def test_a_notebook_that_starts_an_engine_by_itself() -> None:
    cell = {"cell_type": "code", "source": "from vllm import LLM\nllm = LLM('org/model')"}
    (launch,) = followed(json.dumps({"cells": [cell]}), "n.ipynb").launches
    assert isinstance(launch, Launch) and launch.model == "org/model"


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("values.yaml", "a: 1\n", "a YAML file"),
        ("x.json", "{}", ".json"),
        ("notes.md", "# Notes\n\nnothing\n", "a page of text"),
        ("main.tf", "resource {}\n", ".tf"),
        ("n.ipynb", "{", "a notebook"),
        ("x.service", "[Unit]\nDescription=x\n", "a unit"),
        ("host.nix", '{ pkgs, ... }: { services.x = "vllm serve m"; }\n', ".nix"),
        ("run.fish", "set -x A 1\nvllm serve m\n", ".fish"),
        ("pixi.toml", "[workspace]\nname = 'x'\n", "a project of pixi"),
        ("pyproject.toml", "[tool.ruff]\nline-length = 120\n", "a Python project"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_it_is(name: str, text: str, what: str) -> None:
    with pytest.raises(UsageError) as refused:
        followed(text, name)
    assert what in str(refused.value)


def test_what_holds_for_scripts_alone_is_not_said_of_a_document() -> None:
    text = "FROM nvidia/cuda:12.8.1-devel-ubuntu22.04\nRUN git clone https://example.org/x.git\nCMD vllm serve m\n"
    assert not procedure(text, "Dockerfile", MachineFacts(tools={"git": None}))[1]


STAGED = """\
FROM python:3.11-slim AS builder
WORKDIR /build
RUN {install}
FROM python:3.11-slim
COPY --from=builder {copied}
ENV PATH={path}:$PATH
CMD ["vllm", "serve", "org/model"]
"""


@pytest.mark.parametrize(
    ("install", "copied", "path"),
    [
        ("python -m venv /opt/venv && /opt/venv/bin/pip install vllm==0.10.2", "/opt/venv /opt/venv", "/opt/venv/bin"),
        ("pip install --user vllm==0.10.2", "/root/.local /root/.local", "/root/.local/bin"),
        ("pip install --prefix=/install vllm==0.10.2", "/install /usr/local", "/usr/local/bin"),
        (
            "pip install vllm==0.10.2",
            "/usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages",
            "/x",
        ),
    ],
)
def test_packages_that_are_copied_from_another_stage(install: str, copied: str, path: str, tmp_path: Path) -> None:
    text = STAGED.format(install=install, copied=copied, path=path)
    found = procedure(text, "Dockerfile", MachineFacts(), tmp_path)[0]
    (step,) = (step for step in found.steps if isinstance(step, Install))
    (launch,) = found.launches
    assert step.requires == ("vllm==0.10.2",) and step.interpreter == launch.interpreter
    assert not found.not_followed


def test_a_stage_of_something_else_is_left_out(tmp_path: Path) -> None:
    web = "FROM node:20 AS web\nRUN npm ci\nFROM vllm/vllm-openai:v0.10.2\nCOPY --from=web /dist /srv\n"
    text = web + 'CMD ["--model", "org/model"]\n'
    found = procedure(text, "Dockerfile", MachineFacts(), tmp_path)[0]
    assert [launch.model for launch in found.launches] == ["org/model"] and not found.not_followed


def test_the_gpus_of_a_compose_service(tmp_path: Path) -> None:
    def given(wanted: str) -> tuple[int, ...] | None:
        text = COMPOSE + f"    deploy: {{resources: {{reservations: {{devices: [{{driver: nvidia, {wanted}}}]}}}}}}\n"
        (launch,) = procedure(text, "compose.yml", MachineFacts(), tmp_path)[0].launches
        return launch.devices

    assert given("count: all") is None and given("count: 2") == (0, 1) and given("device_ids: ['1', '3']") == (1, 3)


def test_a_compose_file_is_filled_from_the_env_file_beside_it(tmp_path: Path) -> None:
    text = COMPOSE.replace("${TAG:-v0.10.2}", "${TAG}").replace("org/model", "${MODEL:-org/other}")
    (tmp_path / ".env").write_text("TAG=v0.9.2 # the image\nexport MODEL='org/model'\nHF_TOKEN=abc\n", encoding="utf-8")
    (tmp_path / "docker-compose.yml").write_text(text, encoding="utf-8")
    for found in (
        followed(text, "docker-compose.yml", tmp_path),
        followed("docker compose up -d\n", "up.sh", tmp_path),
    ):
        (launch,) = found.launches
        assert (launch.model, launch.image) == ("org/model", "vllm/vllm-openai:v0.9.2")
    assert "compose file" in followed("docker-compose up\n", "up.sh").not_followed[0].why


def test_a_unit_and_its_environment_keep_their_lines() -> None:
    text = "[program:a]\nenvironment=A=1,B=2\ncommand=vllm serve org/model\n[program:b]\ncommand = vllm serve org/two\n"
    assert [(one.model, one.line) for one in followed(text, "supervisord.conf").launches] == [
        ("org/model", 3),
        ("org/two", 5),
    ]


def test_a_command_of_a_notebook_goes_on_behind_a_backslash() -> None:
    cell = "!pip install a-one \\\n  --no-deps \\\n  --pre\nx = 1\n"
    text = json.dumps({"cells": [{"cell_type": "code", "source": cell}]})
    (step,) = (one for one in procedure(text, "n.ipynb", MachineFacts())[0].steps if isinstance(one, Install))
    assert (step.requires, step.no_deps, step.pre) == (("a-one",), True, True)


def served(text: str, name: str) -> tuple[str, ...]:
    """The model and the words of the one server that a document starts."""
    (launch,) = procedure(text, name, MachineFacts())[0].launches
    return launch.model, *launch.arguments


@pytest.mark.parametrize(
    "text",
    [
        'COPY <<\'EOF\' /app/start.sh\nvllm serve org/model --seed 1\nEOF\nENTRYPOINT ["bash", "/app/start.sh"]\n',
        'RUN cat <<\'EOF\' > /start.sh\nvllm serve org/model --seed 1\nEOF\nCMD ["bash", "/start.sh"]\n',
        "COPY <<A <<B /app/\necho no\nA\nvllm serve org/model --seed 1\nB\nCMD bash /app/B\n",
        "RUN <<EOF\nset -e\necho 'vllm serve org/model --seed 1' > /start.sh\nEOF\nCMD bash /start.sh\n",
        'CMD ["org/model", "--seed", "1"]\nENTRYPOINT ["vllm", "serve"]\n',
    ],
)
def test_what_a_dockerfile_writes_itself_is_read(text: str) -> None:
    assert served(f"FROM ubuntu:24.04\n{text}", "Dockerfile") == ("org/model", "org/model", "--seed", "1")


def test_a_stage_takes_away_the_command_of_the_one_below_it_and_keeps_its_own() -> None:
    below = 'FROM ubuntu:24.04 AS one\nCMD ["org/below"]\nFROM one\nENTRYPOINT ["vllm", "serve"]\n'

    assert served(f'{below}CMD ["org/own"]\n', "Dockerfile")[0] == "org/own"
    assert served(below, "Dockerfile") == ("",)


@pytest.mark.parametrize("first", ["%%capture", "%%time", "%%capture out"])
def test_a_magic_that_runs_its_cell_hides_no_command(first: str) -> None:
    cells = [{"cell_type": "code", "source": [f"{first}\n", "!pip install vllm==0.10.2\n", "!vllm serve org/model"]}]

    found = procedure(json.dumps({"cells": cells}), "x.ipynb", MachineFacts())[0]

    assert [step.requires for step in found.steps if isinstance(step, Install)] == [("vllm==0.10.2",)]


def test_a_cell_that_is_written_to_a_file_is_run_from_there() -> None:
    sources = [["%%writefile serve.sh\n", "vllm serve org/model --seed 1\n"], ["!bash serve.sh"]]
    cells = [{"cell_type": "code", "source": source} for source in sources]

    assert served(json.dumps({"cells": cells}), "x.ipynb")[1:] == ("org/model", "--seed", "1")


@pytest.mark.parametrize("fence", ["```shell=\n", "```{.bash}\n", "```bash:run.sh\n", "```\nCUDA_VISIBLE_DEVICES=0 "])
def test_a_block_of_shell_is_known_however_its_language_is_written(fence: str) -> None:
    assert served(f"# Serve\n\n{fence}vllm serve org/model --seed 1\n```\n", "x.md")[0] == "org/model"


DSTACK = """\
type: service
python: "3.11"
env:
  - HF_TOKEN
  - MODEL=org/model
commands:
  - pip install vllm==0.10.2
  - vllm serve $MODEL
    --tensor-parallel-size $DSTACK_GPUS_NUM
resources:
  gpu: 80GB:4
"""


def test_a_dstack_service_runs_its_commands_with_its_python() -> None:
    followed, _ = procedure(DSTACK, "serve.dstack.yml", MachineFacts())
    assert followed.python == "3.11" and followed.launch
    assert (followed.launch.line, followed.launch.model) == (8, "org/model")
    assert followed.launch.arguments[-2:] == ("--tensor-parallel-size", "4")
    assert all(step.ends for step in followed.steps if isinstance(step, Install))


def test_each_group_of_replicas_of_dstack_is_a_server_in_its_image() -> None:
    groups = "".join(f"  - commands: [vllm serve org/{name}]\n    resources: {{gpu: 1}}\n" for name in ("one", "two"))
    text = f"type: service\nimage: vllm/vllm-openai:v0.10.2\nreplicas:\n{groups}"
    followed, _ = procedure(text, ".dstack.yml", MachineFacts())
    assert [(one.model, one.image) for one in followed.launches] == [
        ("org/one", "vllm/vllm-openai:v0.10.2"), ("org/two", "vllm/vllm-openai:v0.10.2"),
    ]  # fmt: skip


def test_an_environment_of_conda_is_made_with_its_packages() -> None:
    text = "name: llm\ndependencies:\n  - python=3.9\n  - pip:\n    - --pre\n    - vllm==0.18.0\n    - torch\n"
    followed, _ = procedure(text, "environment.yml", MachineFacts())
    (step,) = [step for step in followed.steps if isinstance(step, Install)]
    assert followed.python == "3.9" and (step.line, step.requires, step.pre) == (4, ("vllm==0.18.0", "torch"), True)


def test_a_makefile_runs_what_installs_and_starts(tmp_path: Path) -> None:
    text = "M ?= org/model\n\n.PHONY: a\na:\n\tpip install vllm==0.10.2\nb:\n\tvllm serve $(M) --seed 1\nc:\n\trm x\n"
    (tmp_path / "Makefile").write_text(text, encoding="utf-8")
    followed, _ = procedure(text, "Makefile", MachineFacts(), tmp_path)
    assert followed.launch and (followed.launch.model, followed.launch.line) == ("org/model", 6)
    assert [step.requires for step in followed.steps if isinstance(step, Install)] == [("vllm==0.10.2",)]
    with pytest.raises(UsageError, match="a Makefile"):
        procedure("a:\n\techo b\n", "Makefile", MachineFacts(), tmp_path)


def test_a_procfile_starts_each_process() -> None:
    followed, _ = procedure("# processes\nweb: vllm serve org/model\n", "Procfile", MachineFacts())
    assert followed.launch and (followed.launch.model, followed.launch.line) == ("org/model", 2)


def test_a_template_is_refused_as_one() -> None:
    with pytest.raises(UsageError, match="a template"):
        procedure("#!/bin/bash\n{% if gpu %}\nvllm serve org/model\n{% endif %}\n", "start.sh", MachineFacts())


MODAL = """\
import modal

NAME = "org/model"
image = (
    modal.Image.debian_slim(python_version="3.12")
    .apt_install("git")
    .pip_install("vllm==0.10.2", "hf_transfer", extra_index_url="https://download.pytorch.org/whl/cu128")
    .run_commands("pip install flash-attn==2.8.3")
    .env({"VLLM_USE_V1": "0"})
)
app = modal.App("llm")


@app.function(image=image, gpu="H100")
@modal.web_server(port=8000)
def serve():
    import subprocess

    command = ["vllm", "serve", NAME, "--port", str(8000)]
    command += ["--seed", "1"]
    subprocess.Popen(" ".join(command), shell=True)
"""


def test_an_application_of_modal_is_its_image_and_the_commands_of_its_functions() -> None:
    followed, _ = procedure(MODAL, "serve.py", MachineFacts(python=("3.10",)))
    first, second = (step for step in followed.steps if isinstance(step, Install))
    assert (first.line, first.requires) == (7, ("vllm==0.10.2", "hf_transfer"))
    assert first.sourcing.extra_index_urls == ("https://download.pytorch.org/whl/cu128",)
    assert (second.line, second.requires) == (8, ("flash-attn==2.8.3",))
    launch = followed.launch
    assert launch and (launch.line, launch.model, launch.environment["VLLM_USE_V1"]) == (21, "org/model", "0")
    assert launch.arguments[-2:] == ("--seed", "1") and followed.python == "3.12"


PIXI = """\
[workspace]
channels = ["conda-forge"]
[dependencies]
python = "3.12.*"
[pypi-dependencies]
vllm = "==0.10.2"
[tasks]
lint = "ruff check"
serve = "vllm serve org/model --seed 1"
"""


def test_a_project_of_pixi_runs_the_task_that_starts_a_server(tmp_path: Path) -> None:
    (tmp_path / "pixi.toml").write_text(PIXI, encoding="utf-8")
    found = followed(PIXI, "pixi.toml", tmp_path)
    (launch,) = found.launches
    assert (launch.model, int(launch.line or 0), found.python) == ("org/model", 9, "3.12")
    assert [step.requires for step in found.steps if isinstance(step, Install)] == [("vllm==0.10.2",)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project]\nname = 'x'\ndependencies = ['vllm==0.10.2']\n"),
        ("pyproject.toml", "[tool.poetry.dependencies]\nvllm = '0.10.2'\n"),
        ("requirements-gpu.txt", "# the engine\nvllm==0.10.2\n"),
    ],
)
def test_a_file_of_requirements_is_installed(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = followed(text, name, tmp_path)
    assert [step.requires for step in found.steps if isinstance(step, Install)] == [("vllm==0.10.2",)]
    assert not found.launches and not found.not_followed


def test_python_on_a_page_is_a_notebook_next_to_a_magic() -> None:
    client = "```python\nimport subprocess\nsubprocess.Popen(['vllm', 'serve', 'org/model', '--seed', '1'])\n```\n"
    page = f"# Colab\n\n```python\n!pip install vllm==0.10.2\n```\n\n{client}"
    (launch,) = followed(page, "x.md").launches
    assert (launch.model, launch.line) == ("org/model", 9)
    with pytest.raises(UsageError):
        followed(f"# Client\n\n{client}", "x.md")


@pytest.mark.parametrize("amp", ["", " & sleep 60; kill $!"])
def test_a_server_that_is_started_while_an_image_is_built_is_none(amp: str) -> None:
    build = f"FROM python:3.12\nRUN pip install vllm==0.10.2\nRUN vllm serve org/other{amp}\n"
    alone = followed(build, "Dockerfile")
    assert not alone.launches and "while the image is built" in " ".join(piece.why for piece in alone.not_followed)
    both = followed(f"{build}CMD vllm serve org/model --seed 1\n", "Dockerfile")
    assert [launch.model for launch in both.launches] == ["org/model"]
    assert len(both.not_followed) == (not amp)
