"""Environments that other tools make (conda, uv's projects, poetry, pixi), and the files that fill them."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Install, Launch, Procedure
from installer.shell import procedure, project_files

SERVE = "vllm serve org/model"


def followed(text: str, folder: Path | None = None) -> Procedure:
    return procedure(text + "\n", "start.sh", MachineFacts(python=("3.9",)), folder)[0]


def installed(found: Procedure) -> list[str]:
    return [text for step in found.steps if isinstance(step, Install) for text in step.requires]


@pytest.mark.parametrize(
    "text",
    [
        "source ~/miniforge3/etc/profile.d/conda.sh\nconda create -y -n s python=3.11\nconda activate s\n"
        f"pip install a\n{SERVE}",
        'eval "$(conda shell.bash hook)"\nmamba create -n s python=3.11\nmamba activate s\npip install a\n' + SERVE,
        f"conda create -n s python=3.11\nconda run -n s pip install a\nconda run -n s {SERVE}",
        f"conda create -y -n s python=3.11\n~/miniconda3/envs/s/bin/pip install a\n~/miniconda3/envs/s/bin/{SERVE}",
        f"micromamba create -p ./e python=3.11\nmicromamba run -p ./e pip install a\nmicromamba run -p ./e {SERVE}",
        f"uv init --python 3.11 srv && cd srv\nuv add a\nuv run {SERVE}",
        "git clone https://example.org/x.git\ncd x\nuv venv --python 3.11 .venv\nsource .venv/bin/activate\n"
        f"uv pip install a\n{SERVE}",
        f"poetry env use 3.11\npoetry add a\npoetry run {SERVE}",
        f"pixi init s && cd s\npixi add python=3.11\npixi add --pypi a\npixi run {SERVE}",
        f"pdm use 3.11\npdm add a\npdm run {SERVE}",
    ],
)
def test_the_environment_and_its_python_are_followed(text: str) -> None:
    found = followed(text)
    assert found.launches and found.python == "3.11", found
    assert [step.interpreter for step in found.steps if isinstance(step, Install)] == [""]
    assert not found.not_followed


def test_an_environment_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(
        "name: s\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n      - sglang==0.5.7\n", encoding="utf-8"
    )
    found = followed(f"conda env create -f environment.yml\nconda activate s\n{SERVE}", tmp_path)
    assert installed(found) == ["sglang==0.5.7"] and found.python == "3.11"


def test_packages_of_conda_that_matter_are_named() -> None:
    assert "pytorch" in followed("conda install -y pytorch -c pytorch").not_followed[0].why
    assert not followed(f"conda create -n s python=3.11 pip git cuda-toolkit\n{SERVE}").not_followed


def test_a_project_beside_the_script_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nrequires-python = ">=3.11"\ndependencies = ["vllm==0.10.2"]\n'
        '[project.optional-dependencies]\ngpu = ["flashinfer-python"]\n', encoding="utf-8"
    )  # fmt: skip
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "torch"\nversion = "2.8.0"\n', encoding="utf-8")
    synced = followed(f"uv sync --extra gpu\nuv run {SERVE}", tmp_path)
    assert installed(synced) == ["vllm==0.10.2", "flashinfer-python"] and synced.python == "3.11"
    assert next(step for step in synced.steps if isinstance(step, Install)).constraints == ("torch==2.8.0",)
    assert installed(followed("pip install -e .[gpu]", tmp_path)) == ["vllm==0.10.2", "flashinfer-python"]
    assert installed(followed("uv pip install -r pyproject.toml", tmp_path)) == ["vllm==0.10.2"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("^1.2.3", ">=1.2.3,<2"), ("^0.10.2", ">=0.10.2,<0.11"), ("~1.2", ">=1.2,<1.3"), ("1.2.3", "==1.2.3"), ("*", ""),
     (">=1,<2", ">=1,<2")],
)  # fmt: skip
def test_versions_as_poetry_writes_them(written: str, meant: str) -> None:
    assert project_files.specifier(written) == meant


def test_where_a_program_is_that_the_script_installed_before_is_worked_out() -> None:
    installed_before = followed("pip install vllm\n$(command -v vllm) serve org/model")
    assert installed_before.launches[0].model == "org/model"
    unknown = followed('if [ -z "$(command -v vllm)" ]; then pip install vllm==0.11.0; fi\nvllm serve org/model')
    assert installed(unknown) == ["vllm==0.11.0"]


@pytest.mark.parametrize(
    "setting",
    [
        "pip config set global.index-url https://packages.example.org/simple",
        "pip3 config --user set user.index-url https://packages.example.org/simple",
        "mkdir -p ~/.pip\ncat > ~/.pip/pip.conf <<EOF\n[global]\nindex-url = https://packages.example.org/simple\nEOF",
        'printf "[install]\\nindex-url=https://packages.example.org/simple\\n" > /etc/pip.conf',
    ],
)
def test_what_configures_pip_holds_for_later_calls(setting: str) -> None:
    found = followed(f"{setting}\npip install a\n{SERVE}")
    (step,) = (step for step in found.steps if isinstance(step, Install))
    assert step.sourcing.index_url == "https://packages.example.org/simple"


@pytest.mark.parametrize(
    ("later", "index"),
    [
        ("pip config set global.index-url https://second.example.org/simple", "https://second.example.org/simple"),
        ("pip config unset global.index-url", ""),
        ("export PIP_INDEX_URL=https://variable.example.org/simple", "https://variable.example.org/simple"),
    ],
)
def test_the_last_setting_of_pip_holds(later: str, index: str) -> None:
    found = followed(f"pip config set global.index-url https://first.example.org/simple\n{later}\npip install a")
    (step,) = (step for step in found.steps if isinstance(step, Install))
    assert (step.sourcing.index_url or "") == index


def test_which_python_and_command_v_are_worked_out() -> None:
    found = followed('python3.11 -m venv /v\n. /v/bin/activate\nPY="$(which python3)"\n"$PY" -m pip install a')
    assert found.python == "3.11" and installed(found) == ["a"]
    either = "PY=$(command -v python3 || command -v python)\n$PY -m vllm.entrypoints.openai.api_server --model m"
    assert followed(either).launches[0].model == "m"


@pytest.mark.parametrize(
    ("file", "text", "run"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.11"\ndependencies = ["vllm==0.10.2"]\n', "uv run"),
        ("pixi.toml", '[dependencies]\npython = "3.11.*"\n[pypi-dependencies]\nvllm = "==0.10.2"\n', "pixi run"),
    ],
)  # fmt: skip
def test_run_fills_the_projects_environment_by_itself(tmp_path: Path, file: str, text: str, run: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    found = followed(f"{run} {SERVE}\n{run} {SERVE}", tmp_path)
    assert installed(found) == ["vllm==0.10.2"] and found.python == "3.11" and len(found.launches) == 2
    # What the script put there itself is what is there.
    assert installed(followed(f"uv venv\nuv pip install a\nuv run {SERVE}", tmp_path)) == ["a"]


def test_a_task_of_pixi_is_the_command_that_it_keeps(tmp_path: Path) -> None:
    tasks = f'[pypi-dependencies]\nvllm = "*"\n[tasks]\nserve = {{cmd = "{SERVE}"}}\n'
    (tmp_path / "pixi.toml").write_text(tasks, encoding="utf-8")
    found = followed("pixi run serve --port 9000", tmp_path)
    assert found.launch and found.launch.arguments[-2:] == ("--port", "9000")


def test_the_folder_of_the_script_stays_where_it_is(tmp_path: Path) -> None:
    text = (
        "HERE=$(dirname $0)\nbuild() { cd $HERE; cd ws; python3 -m venv env; env/bin/pip install vllm==0.8.5; }\n"
        "start() { cd $HERE; cd ws; env/bin/vllm serve org/model; }\nbuild\nstart\n"
    )

    found = procedure(text, "up.sh", MachineFacts(), tmp_path)[0]

    assert found.environment == "ws/env"
    assert {step.interpreter for step in found.steps if isinstance(step, (Install, Launch))} == {""}
