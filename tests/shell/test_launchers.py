"""What stands behind a launcher is followed; what cannot be is named; nothing is passed over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Install, Launch, Procedure
from installer.shell import procedure

SERVE = "vllm serve org/model --seed 1"


def followed(text: str, folder: Path | None = None) -> Procedure:
    return procedure(text + "\n", "start.sh", MachineFacts(), folder)[0]


def served(text: str) -> list[tuple[str, ...]]:
    return [launch.arguments for launch in followed(text).launches]


@pytest.mark.parametrize(
    "line",
    [
        f"srun --ntasks=1 --gres gpu:1 {SERVE}",
        f"mpirun -np 2 -x NCCL_DEBUG=INFO --mca btl tcp,self {SERVE}",
        f"nsys profile -o out --trace cuda --force-overwrite true {SERVE}",
        f"torchrun --nproc-per-node 1 --no-python {SERVE}",
        f"sudo -E env A=1 timeout -k 5 1h nice -n 5 {SERVE}",
        f"numactl --cpunodebind=0 --membind=0 {SERVE}",
        f"runuser -u llm -- {SERVE}",
        f"su - llm -c '{SERVE}'",
        f"flock /tmp/lock -c '{SERVE}'",
        f"tmux new-session -d -s llm '{SERVE}'",
        f"tmux send-keys -t llm '{SERVE}' C-m",
        f"screen -dmS llm {SERVE}",
        f"screen -dmS llm bash -c '{SERVE}'",
        f"pm2 start '{SERVE}' --name llm",
        f"pm2 start vllm --name llm -- {SERVE.partition(' ')[2]}",
        f"sbatch --gres=gpu:1 --wrap='{SERVE}'",
        f"poetry run {SERVE}",
        f"conda run --no-capture-output -n serve {SERVE}",
        f"uv tool run --from vllm==0.10.2 {SERVE}",
        f"uvx {SERVE}",
        f"docker run -d --name srv vllm/vllm-openai:v0.10.2 sleep 9d\ndocker exec srv {SERVE}",
        f"apptainer exec --nv --env A=1 engine.sif {SERVE}",
        f"shifter --image=vllm/vllm-openai:v0.10.2 --module=gpu --env A=1 {SERVE}",
        f"srun -N 1 --container-image=vllm/vllm-openai:v0.10.2 --container-mounts=/d:/d {SERVE}",
        f"cat > /etc/systemd/system/llm.service <<'END'\n[Service]\nExecStart=/bin/{SERVE}\nEND\nsystemctl start llm",
        f"cat > /etc/supervisor/conf.d/llm.conf <<'E'\n[program:llm]\ncommand={SERVE}\nE\nsupervisord -n",
        f"cat > /etc/supervisor/conf.d/llm.conf <<'E'\n[program:llm]\ncommand={SERVE}\nE\nsupervisorctl update",
        f"cat > /etc/supervisor/conf.d/llm.conf <<'E'\n[program:llm]\ncommand={SERVE}\nE\nsystemctl restart supervisor",
        f"./unheard-of --with 3 {SERVE}",
        f"${{PREFIX:-}} {SERVE}",
        f"env A=1 ${{MORE:-}} nohup {SERVE}",
        "echo org/model | xargs -I{} vllm serve {} --seed 1",
        "printf 'org/model\\n' | xargs -n1 -P4 sh -c 'vllm serve $1 --seed 1' _",
        f"echo '{SERVE}' > jobs; xargs -a jobs -L1 env",
        "parallel -j2 vllm serve {} --seed {#} ::: org/model",
        "parallel --jobs 1 vllm serve {2}/{1} --seed 1 ::: model ::: org",
        f"echo '{SERVE}' > jobs; parallel < jobs",
        f"ssh root@host '{SERVE}'",
        f"ssh root@host 'bash -s' <<'END'\n{SERVE}\nEND",
        f"ssh root@host bash -s -- <<END\nsudo {SERVE}\nEND",
        f"sbatch --gres=gpu:1 <<'END'\n#!/bin/bash\nsrun {SERVE}\nEND",
        f"bsub -q gpu <<'END'\n#BSUB -n 1\n{SERVE}\nEND",
        f"bsub -q gpu -gpu num=1 {SERVE}",
        f"ray job submit --address http://127.0.0.1:8265 -- {SERVE}",
    ],
)
def test_a_server_behind_a_launcher_is_followed(line: str) -> None:
    assert served(line) == [("org/model", "--seed", "1")]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ollama serve", "Ollama"),
        ("python -m lmdeploy serve api_server org/model", "LMDeploy"),
        ("make serve", "Makefile"),
        ("module load cuda/12.4", "module"),
        ("./start-it --gpu 0", "start-it"),
        ("apptainer exec engine.sif vllm serve org/model", "engine.sif"),
        ("ssh host 'vllm serve org/model'", "another machine"),
        ("./unheard-of vllm serve org/model", "unheard-of"),
        ("cat commands | parallel", "which command it runs is not known"),
        ("parallel vllm serve {} ::: a b c d e f g h i", "the first 8 are followed"),
        ("daemon-of-mine 'vllm serve org/model'", "start of a server"),
    ],
)
def test_what_cannot_be_followed_is_named(line: str, why: str) -> None:
    assert why in " ".join(piece.why for piece in followed(line).not_followed)


@pytest.mark.parametrize("line", ["echo vllm serve org/model", "sleep 5; jq . x.json; nvtop", "grep -q vllm log.txt"])
def test_what_starts_nothing_is_not_named(line: str) -> None:
    assert not followed(f"{SERVE}\n{line}").not_followed


def test_an_instance_gets_what_stands_behind_its_name() -> None:
    found = followed("apptainer instance run --nv --bind /a:/b /images/vllm-openai_v0.10.2.sif llm --model org/model")
    assert [(one.model, one.image) for one in found.launches] == [("org/model", "vllm-openai:v0.10.2")]
    assert "assumed from its name" in " ".join(piece.why for piece in found.not_followed)
    assert not followed("apptainer instance stop llm").not_followed


@pytest.mark.parametrize(
    ("line", "cluster"),
    [
        ("srun -N 1 -w node1 ray start --head --block &", "Ray"),
        ("ssh node2 'ray start --address=node1:6379'", "Ray"),
        ("shifter --image=vllm/vllm-openai:v0.10.2 ray start --head", "Ray"),
        ("echo 'on the other node: ray start --address=node1:6379'", ""),
    ],
)
def test_a_cluster_behind_a_launcher_is_seen(line: str, cluster: str) -> None:
    assert [one.cluster for one in followed(f"{line}\n{SERVE}").launches] == [cluster]


def test_a_server_that_python_starts_is_a_launch() -> None:
    code = "from vllm import LLM\nNAME = 'org/model'\nllm = LLM(NAME, tensor_parallel_size=2, enforce_eager=True)"
    words = ("--tensor-parallel-size", "2", "--enforce-eager", "--model", "org/model")
    assert sorted(served(f"python - <<'E'\n{code}\nE")[0]) == sorted(words)


def test_an_environment_of_its_own_gets_its_packages() -> None:
    found = followed("uvx --from vllm==0.10.2 --with numpy==2.1 vllm serve org/model")
    install, launch = found.steps
    assert isinstance(install, Install) and isinstance(launch, Launch)
    assert install.requires == ("vllm==0.10.2", "numpy==2.1") and install.interpreter == launch.interpreter == ""


def test_every_server_is_seen_from_its_own_environment() -> None:
    found = followed("python3.11 -m venv /a\n/a/bin/pip install vllm==0.9\n/a/bin/vllm serve one &\n"
                     "python3.12 -m venv /b\n/b/bin/pip install vllm==0.10\n/b/bin/vllm serve two")  # fmt: skip
    first = found.serving(found.launches[0])
    assert first.launch is not None and first.launch.model == "one" and first.python == "3.11"
    assert [step.interpreter for step in first.steps if isinstance(step, Install)] == ["", "/b"]


@pytest.mark.parametrize("folder", ['"${BASH_SOURCE%/*}"', '"$(dirname "$0")"', '"${0%/*}"'])
def test_a_script_knows_its_own_folder(tmp_path: Path, folder: str) -> None:
    (tmp_path / "launch.sh").write_text(SERVE, encoding="utf-8")
    assert followed(f'HERE={folder}\nsource "$HERE/launch.sh"\n', tmp_path).launches


def test_the_folder_of_the_script_holds_wherever_it_goes(tmp_path: Path) -> None:
    (tmp_path / "launch.sh").write_text(SERVE, encoding="utf-8")
    text = 'HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"\ncd /workspace\nbash "$HERE/launch.sh"\n'
    assert followed(text, tmp_path).launches


@pytest.mark.parametrize(
    ("line", "image"),
    [
        (f"srun --container-image=docker://vllm/vllm-openai:v0.10.2 {SERVE}", "vllm/vllm-openai:v0.10.2"),
        (f"srun --container-image /i/vllm+vllm-openai+v0.10.2.sqsh {SERVE}", "vllm/vllm-openai:v0.10.2"),
        (f"srun --container-image nvcr.io#nvidia/vllm:25.09-py3 {SERVE}", "nvcr.io/nvidia/vllm:25.09-py3"),
        (f"shifter --image=docker:vllm/vllm-openai:v0.10.2 {SERVE}", "vllm/vllm-openai:v0.10.2"),
        (f"srun {SERVE} --container-image x", ""),
    ],
)
def test_an_option_may_name_the_image(line: str, image: str) -> None:
    (launch,) = followed(line).launches
    assert launch.image == image


def python(code: str) -> str:
    return f"python3 - <<'END'\nimport subprocess, sys, os\n{code}\nEND"


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("subprocess.run(['vllm', 'serve', 'a/m', '--port', str(9000)])", ("a/m", "--port", "9000")),
        ("M = 'a/m'\nc = ['vllm', 'serve', M, '--port', f'{9000}']\nsubprocess.Popen(c)", ("a/m", "--port", "9000")),
        ("cmd = ['vllm', 'serve', 'a/m']\ncmd += ['--seed', '1']\ncmd.append('-q')\ncmd.extend(['awq'])\n"
         "subprocess.call(cmd)", ("a/m", "--seed", "1", "-q", "awq")),
        ("base = ['vllm', 'serve']\nsubprocess.run([*base, 'a/m'] + ['--seed', '1'])", ("a/m", "--seed", "1")),
        ("M = os.environ.get('M', 'a/m')\nos.system(f'vllm serve {M} --seed 1')", ("a/m", "--seed", "1")),
        ("def main():\n    cmd = ['vllm', 'serve', 'a/m']\n    subprocess.run(cmd)\nmain()", ("a/m",)),
        ("subprocess.run(['vllm', 'serve', 'a/m', '--port', port()])", ("a/m", "--port", "\0")),
    ],
)  # fmt: skip
def test_a_command_that_python_puts_together_is_followed(code: str, arguments: tuple[str, ...]) -> None:
    assert served(python(code)) == [arguments]


def test_what_python_may_add_is_not_taken_for_added() -> None:
    code = "cmd = ['vllm', 'serve', 'a/m']\nif fast:\n    cmd += ['--enforce-eager']\nsubprocess.run(cmd)"
    assert served(python(code)) == [("a/m",)]
    assert not followed(python("subprocess.run(made())")).launches


def test_a_text_that_is_known_in_part_is_followed() -> None:
    """The grammar reads no NUL, which stands for what nobody knows."""
    inner = "bash -lc 'export L=\\\"${LIB}:x\\\" && vllm serve org/m'"
    script = f'LIB=$(find /a -name b | head -1)\ntmux new-session -d -s s \\\n"{inner}"\n'
    (launch,) = followed(script).launches
    assert (launch.model, launch.environment["L"]) == ("org/m", "\0:x")
