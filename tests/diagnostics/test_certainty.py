"""What is told as a fact: not where lines written together differ in their cause, nor what the program went around."""

from __future__ import annotations

from installer.diagnostics.explain import LIKELY, SURE, explain

NO_SPACE = "cp: error writing '/data/w.safetensors': No space left on device"
FORBIDDEN = "cp: cannot create regular file '/data/config.json': Permission denied"
NO_SHM = (
    "gpu1:502:264 [2] include/shm.h:48 NCCL WARN Error while creating shared memory segment nccl-shm-0-1-3 (size 9)"
)
STEP = [
    "slurmstepd: error: Unable to create TMPDIR [/scratch/1504221]: Permission denied",
    "slurmstepd: error: Setting TMPDIR to /tmp",
    "srun: error: c7129: task 1: Exited with exit code 99",
]


def test_different_causes_of_one_burst_are_likely_at_most() -> None:
    told = explain([NO_SPACE, FORBIDDEN])

    assert [one.id for one in told.candidates[:2]] == ["disk-full", "permission-path"]
    assert told.candidates[0].confidence == LIKELY < SURE


def test_one_cause_alone_is_a_fact() -> None:
    assert explain([NO_SHM]).candidates[0].confidence >= SURE
    assert explain([NO_SPACE, *["INFO nothing"] * 3, NO_SHM]).candidates[0].confidence >= SURE


def test_what_the_program_went_around_is_not_the_cause_of_its_end() -> None:
    told = explain(STEP)

    assert told.root is not None and "exit code 99" in told.root.text
    assert told.candidates[0].confidence < SURE
