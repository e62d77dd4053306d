"""What this machine says moves a reason up or down, and is never made up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from installer.core.machine.facts import Cpu, Disk, Driver, Gpu, GpuProcess, MachineFacts
from installer.diagnostics.explain import explain
from installer.diagnostics.machine_evidence import LocalEvidence, LocalMeasurements, with_evidence
from installer.host import kernel_messages

ILLEGAL = "run.sh: line 1: 27 Illegal instruction     (core dumped) python -m vllm.entrypoints.openai.api_server"
SHM = '  File "/lib/python3.12/shared_memory.py", line 1, in f\nOSError: [Errno 28] No space left on device'
BUSY = "ValueError: Free memory on device (3.1/23.6 GiB) on startup is less than desired GPU memory utilization"
OLD = "RuntimeError: The NVIDIA driver on your system is too old"
GPU = Gpu("NVIDIA A40", "8.6", 46068, 1000, (GpuProcess(812, "python3", 44000),))


@pytest.mark.parametrize(
    ("log", "facts", "speaks", "word"),
    [
        (ILLEGAL, MachineFacts(cpu=Cpu(8, ("avx", "avx2"))), True, "lacks avx512f"),
        (ILLEGAL, MachineFacts(cpu=Cpu(8, ("avx2", "avx512f", "avx512_bf16", "amx_bf16"))), False, "has avx2"),
        (SHM, MachineFacts(shm_mib=64), True, "67.1 MB"),
        (SHM, MachineFacts(shm_mib=64 << 10), False, "/dev/shm"),
        ("OSError: [Errno 28] No space left on device", MachineFacts(disks=(Disk("/", 3),)), True, "free on /"),
        ("RuntimeError: No CUDA GPUs are available", MachineFacts(gpus=()), True, "No NVIDIA GPU"),
        ("RuntimeError: No CUDA GPUs are available", MachineFacts(gpus=(GPU,)), False, "1 GPUs"),
        (BUSY, MachineFacts(gpus=(GPU,)), True, "812"),
        (OLD, MachineFacts(driver=Driver("550.1", "12.4")), None, "12.4"),
        ("RuntimeError: Could not find nvcc", MachineFacts(tools={"nvcc": None}), True, "no nvcc"),
        ("bind on address ('0.0.0.0', 8000): address already in use", MachineFacts(ports_in_use=(8000,)), True, "8000"),
        ("socket.gaierror: Temporary failure in name resolution", MachineFacts(online=False), True, "Neither"),
    ],
)  # fmt: skip
def test_a_reason_is_weighed(log: str, facts: MachineFacts, speaks: bool | None, word: str) -> None:
    before = explain(log.split("\n"))

    after, sayings = with_evidence(before, LocalMeasurements(facts))

    assert [saying.speaks for saying in sayings] == [speaks]
    assert word in sayings[0].text
    was, became = before.candidates[0].confidence, after.candidates[0].confidence
    assert became >= 0.9 if speaks else became < was if speaks is False else became == was


def test_what_was_not_measured_says_nothing() -> None:
    for log in (ILLEGAL, SHM, BUSY, "Killed", "RuntimeError: Could not find nvcc"):
        before = explain(log.split("\n"))
        assert with_evidence(before, LocalMeasurements(MachineFacts())) == (before, ())


def test_memory_that_ran_out_is_counted() -> None:
    killed = with_evidence(explain(["Killed"]), LocalMeasurements(MachineFacts(), kills={"in this container": 2}))
    none = with_evidence(explain(["Killed"]), LocalMeasurements(MachineFacts(), kills={"in this container": 0}))

    assert [saying.speaks for _, sayings in (killed, none) for saying in sayings] == [True, False]


def test_what_the_kernel_said_is_told() -> None:
    _, sayings = with_evidence(
        explain([ILLEGAL]), LocalMeasurements(MachineFacts(), kernel=("traps: python3[1] trap invalid opcode",))
    )

    assert sayings == (LocalEvidence("", None, "The kernel logged: traps: python3[1] trap invalid opcode"),)


def test_reading_the_kernels_messages_never_waits(tmp_path: Path) -> None:
    assert kernel_messages.serious_messages(tmp_path / "none") == ()
    fifo = tmp_path / "kmsg"
    os.mkfifo(fifo)
    keep = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    try:
        os.write(keep, b"4,1,2,-;NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.\n")
        assert kernel_messages.serious_messages(fifo) == (
            "NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.",
        )
    finally:
        os.close(keep)
