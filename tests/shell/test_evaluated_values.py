"""Values that a script works out by itself: arithmetic, indexes of arrays, filters, what the machine says of itself."""

from __future__ import annotations

import pytest

from installer.core.machine.facts import Cpu, Gpu, MachineFacts
from installer.core.plans.procedure import Launch
from installer.shell import procedure

TWO = MachineFacts(gpus=(Gpu("NVIDIA L4", "8.9", 23034), Gpu("NVIDIA L4", "8.9", 23034)), cpu=Cpu(cores=16))


def launches(text: str) -> tuple[Launch, ...]:
    return procedure(text + "\n", "start.sh", TWO, None)[0].launches


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("$((8000 + 1))", "8001"),
        ("$(( (N - 1) * 4 % 3 ))", "2"),
        ("$((N/2))", "1"),
        ("$((08 + ${N}))", "11"),
        ("$((UNSET + 1))", "\0"),
        ("$((8 * ${N:-2}))", "24"),
        ("$((8 * ${UNSET:-2}))", "16"),
        ("$((8 * ${UNSET:-$N}))", "\0"),
        ("$(expr $N \\* 2)", "6"),
        ("$(expr $N + 1)", "4"),
        ("$(echo 0,1,2 | tr -cd ',' | wc -c | xargs -I {} expr {} + 1)", "3"),
        ("$(echo $P | tr ',' '\\n' | wc -l)", "2"),
        ("$(nvidia-smi -L | wc -l)", "2"),
        ("$(nvidia-smi --list-gpus | wc -l)", "2"),
        ("$(python3 -c 'import torch; print(torch.cuda.device_count())')", "2"),
        ("$(nproc)", "16"),
        ("$(echo a/b | sed 's|a|c|;x')", "\0"),
        ("$(echo a/b | sed 's|a|c|')", "c/b"),
        ("$(echo a.b | sed 's/a.b/c/')", "\0"),
    ],
)
def test_a_value_is_worked_out_or_unknown(word: str, value: str) -> None:
    (launch,) = launches(f"N=3; P=0,1\nvllm serve m --port {word}")
    assert launch.arguments == ("m", "--port", value)


def test_the_indexes_of_an_array() -> None:
    text = """MODELS=(a/x b/y); PORTS=(9000 9001)
for i in "${!MODELS[@]}"; do vllm serve "${MODELS[$i]}" --port ${PORTS[i]} & done"""
    assert [one.arguments for one in launches(text)] == [("a/x", "--port", "9000"), ("b/y", "--port", "9001")]


def test_the_rest_of_what_a_function_or_an_array_is_given() -> None:
    text = """start() { vllm serve m --port $1 "${@:2}" & }
start 9000
start 9001 --seed 1
WORDS=(skip vllm serve n --seed 2); "${WORDS[@]:1:4}" """
    assert [one.arguments for one in launches(text)] == [
        ("m", "--port", "9000"), ("m", "--port", "9001", "--seed", "1"), ("n", "--seed"),
    ]  # fmt: skip


def test_a_text_of_several_lines_keeps_what_its_lines_begin_with() -> None:
    text = """SETUP="source env/bin/activate"; M=org/model
CMD="
    $SETUP;
    vllm serve ${M} \\
      --port 9000
"
tmux send-keys -t s "$CMD" C-m"""
    (launch,) = launches(text)
    assert (launch.model, launch.arguments) == ("org/model", ("org/model", "--port", "9000"))


def test_associative_arrays_and_names_for_them() -> None:
    text = """LONG=4096
declare -A ONE=([model]="a/x" [port]=9000 [long]="$LONG")
declare -A TWO
TWO[model]=b/y; TWO["port"]=9001; TWO[long]=8192
serve() { local -n cfg="$1"; vllm serve "${cfg[model]}" --port "${cfg[port]}" --max-model-len "${cfg[long]}" & }
for one in ONE TWO; do serve "$one"; done"""
    assert [one.arguments for one in launches(text)] == [
        ("a/x", "--port", "9000", "--max-model-len", "4096"), ("b/y", "--port", "9001", "--max-model-len", "8192"),
    ]  # fmt: skip
    text = """declare -A PORT=([a/x]=9000 [b/y]=9001)
for model in "${!PORT[@]}"; do vllm serve "$model" --port "${PORT[$model]}" & done"""
    assert [one.arguments for one in launches(text)] == [("a/x", "--port", "9000"), ("b/y", "--port", "9001")]
    text = "declare -A PORT=([a]=1)\nPORT[$(unknown)]=2\nvllm serve m --port ${PORT[a]}"
    assert [one.arguments for one in launches(text)] == [("m", "--port", "\0")]


@pytest.mark.parametrize(
    "words",
    [
        "--host 0.0.0.0 org/model --port 9000",
        "--trust-remote-code org/model --port 9000",
        "-tp 2 --host=0.0.0.0 org/model",
        "--gpu_memory_utilization 0.9 org/model",
    ],
)
def test_the_model_may_stand_behind_options(words: str) -> None:
    (launch,) = launches(f"vllm serve {words}")
    assert launch.model == "org/model" and launch.arguments[0] == "org/model"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("vllm serve a & vllm serve b & wait", [0, 0]),
        ("vllm serve a &\nPID=$!\nkill $PID\nvllm serve b", [0, 1]),
        ("vllm serve a &\nuntil kill -0 $!; do sleep 1; done\nvllm serve b", [0, 0]),
        ("vllm serve a\nvllm serve b", [0, 1]),
        ("tmux new-session -d -s x 'vllm serve a'; vllm serve b", [0, 0]),
        ("pm2 start 'vllm serve a'; pm2 start 'vllm serve b'", [0, 0]),
        ("ssh one 'vllm serve a' & ssh two 'vllm serve b' &", [None, None]),
        ("srun -w one vllm serve a & srun -w two vllm serve b &", [None, None]),
        ("CUDA_VISIBLE_DEVICES=$X vllm serve a & vllm serve b &", [None, 0]),
        ('if [ -n "$X" ]; then vllm serve a & else vllm serve b & fi', [None, None]),
    ],
)
def test_which_servers_run_at_the_same_time(text: str, numbers: list[int | None]) -> None:
    assert [one.alongside for one in launches(text)] == numbers


@pytest.mark.parametrize(
    ("option", "devices"),
    [
        ("--gpus all", None),
        ("--gpus 2", (0, 1)),
        ("--gpus device=1", (1,)),
        ("--gpus '\"device=0,1\"'", (0, 1)),
        ("--runtime nvidia -e NVIDIA_VISIBLE_DEVICES=1", (1,)),
        ("", None),
    ],
)
def test_the_gpus_that_a_container_is_given(option: str, devices: tuple[int, ...] | None) -> None:
    (launch,) = launches(f"docker run -d {option} vllm/vllm-openai:v0.10.2 --model m")
    assert launch.devices == devices


def test_a_revision_goes_with_the_model() -> None:
    (one,) = launches("hf download org/model --revision v2 --local-dir ./m\nvllm serve ./m")
    (other,) = launches("vllm serve org/model --revision v3")
    assert (one.model, one.revision, other.revision) == ("org/model", "v2", "v3")


def test_two_servers_on_one_port_are_named() -> None:
    def said(text: str) -> list[str]:
        _, findings = procedure(text + "\n", "start.sh", TWO, None)
        return [f"{one.line} {one.subject} {one.severity}" for one in findings if one.code == "port"]

    assert said("vllm serve a &\nvllm serve b &\nwait") == ["2 8000 warning"]
    assert not said("vllm serve a &\nvllm serve b --port 8001 &\nwait")
    assert not said("vllm serve a &\nkill $!\nvllm serve b")
    assert not said("ssh one 'vllm serve a' &\nssh two 'vllm serve b' &")


def test_a_module_without_its_m() -> None:
    _, findings = procedure("python3 vllm.entrypoints.openai.api_server --model m\n", "start.sh", TWO, None)
    assert [(one.code, one.severity) for one in findings] == [("shell-defect", "blocker")]
    assert "-m vllm.entrypoints.openai.api_server" in findings[0].fix


OPTIONS = """\
while [[ $# -gt 0 ]]; do
  case "$1" in
    --model) MODEL="$2"; shift 2;;
    --port) PORT="$2"; shift 2;;
    *) exit 1;;
  esac
done
"""


@pytest.mark.parametrize(
    "options",
    [
        OPTIONS,
        f'parse() {{\n{OPTIONS}}}\nparse "$@"\n',
        'while getopts "m:p:" opt; do\n case $opt in m) MODEL=$OPTARG;; p) PORT=$OPTARG;; esac\ndone\n',
    ],
)
def test_what_only_arguments_change_keeps_the_value_that_the_script_gives_it(options: str) -> None:
    serve = 'vllm serve "$MODEL" --port "$PORT"'
    (launch,) = launches(f'MODEL=org/model\nPORT=""\n{options}main() {{ {serve}; }}\nmain "$@"')
    assert launch.model == "org/model" and launch.arguments[-1] == "\0"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('CMD="vllm serve org/model --x 1"\n[ -n "$X" ] && CMD+=" --y 9"\nexec $CMD', ("org/model", "--x", "1")),
        ('CMD="vllm serve org/model"\nif [ -n "$X" ]; then CMD+=" $X"; fi\n$CMD', ("org/model",)),
        ('A=(org/model --x)\nif [ -n "$X" ]; then A+=(--y 9); fi\nvllm serve "${A[@]}"', ("org/model", "--x")),
    ],
)  # fmt: skip
def test_what_is_added_to_a_command_under_a_condition_hides_nothing_before_it(
    text: str, words: tuple[str, ...]
) -> None:
    (launch,) = launches(text)

    assert launch.arguments[: len(words)] == words
    assert launch.arguments[len(words) :] == ("\0",)


def test_two_variables_without_braces_stand_in_one_word() -> None:
    (launch,) = launches("D=org; M=model; T=x\nX=a-$D-$M-b\nvllm serve $D/$M-$T.y --served-model-name a-$M-$T-b")

    assert launch.arguments == ("org/model-x.y", "--served-model-name", "a-model-x-b")
