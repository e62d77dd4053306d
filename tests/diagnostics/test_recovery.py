"""What a program got over accuses nobody, nor does what Python itself passes over; alone, or at the end, they do."""

from __future__ import annotations

import pytest

from installer.diagnostics.explain import explain

SCHEDULED = "Normal  Scheduled  6m  default-scheduler  Successfully assigned default/llm-0 to gpu-1"
NO_NODE = "Warning  FailedScheduling  9m  default-scheduler  0/4 nodes are available: 4 Insufficient nvidia.com/gpu."
RETRIED = (
    "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError(\"Read timed out.\")': /simple/"
)
TIMED_OUT = "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='huggingface.co', port=443): Read timed out."
THREAD = [
    "Exception in thread Thread-1 (report):",
    "Traceback (most recent call last):",
    "PermissionError: [Errno 13] /x",
]
IGNORED = ["Exception ignored in: <function A.__del__>", *THREAD[1:2], "AttributeError: 'NoneType' has no 'shutdown'"]
PRELOAD = (
    "ERROR: ld.so: object 'libx.so' from LD_PRELOAD cannot be preloaded (cannot open shared object file): ignored."
)
WENT_ON = "INFO 03-01 10:01:05 [core.py:291] init engine took 32.80 seconds"


@pytest.mark.parametrize(
    "log",
    [
        [NO_NODE, SCHEDULED],
        [RETRIED, "Successfully installed vllm-0.11.0"],
        [TIMED_OUT, "Retrying in 1s [Retry 1/5].", WENT_ON],
        [*THREAD, WENT_ON],
        IGNORED,
        [PRELOAD],
        ["vllm.service: Main process exited, code=exited, status=1/FAILURE", "INFO:     Application startup complete."],
        ["transport.cpp:420: init failed for transport: IBGDA, trying IBRC", "test passed"],
        ["debconf: unable to initialize frontend: Dialog", "debconf: falling back to frontend: Teletype"],
        ["x: cmake: not found", "Successfully installed x-1.0"],
        ["Parameter x not found in params_dict", "Load weight end. mem usage=7 GB.", "gen throughput (token/s): 4"],
        ["    Ready:          True", "Warning  Unhealthy  65s  kubelet  Readiness probe failed: timeout"],
    ],
)
def test_what_came_right_accuses_nobody(log: list[str]) -> None:
    told = explain(log)

    assert not told.candidates and (told.root is None or told.root.recovered)


@pytest.mark.parametrize(
    "log",
    [
        [SCHEDULED, NO_NODE],
        ["transport.cpp:420: init failed for transport: IBGDA", "test passed"],
        [WENT_ON, TIMED_OUT, "Retrying in 1s [Retry 5/5]."],
        THREAD,
        ["Successfully installed x-1.0", "x: cmake: not found"],
        ["x: cmake: not found", "make: *** [all] Error 127", "Successfully installed x-1.0"],
        ["Parameter x not found in params_dict", "Load weight end. mem usage=7 GB."],
        ["RuntimeError: CUDA error: invalid device ordinal", "2 of 3 shards loaded", "done"],
        ["ERROR: the model could not be loaded", "Loaded 3 of 4 shards", "All services started", "Step 2/3 : RUN x"],
        ["    Ready:          False", "Warning  Unhealthy  65s  kubelet  Readiness probe failed: timeout"],
    ],
)
def test_what_did_not_is_told(log: list[str]) -> None:
    told = explain(log)

    assert told.root is not None and not told.root.recovered


def test_a_remark_is_no_reason_for_what_ended() -> None:
    told = explain([PRELOAD, "Killed"])

    assert told.root is not None and told.root.text == "Killed"


def test_what_python_passes_over_speaks_only_where_a_program_ended() -> None:
    told = explain([*IGNORED, "Killed"])

    assert told.root is not None and told.root.exception == "AttributeError"


def test_what_was_raised_from_it_is_the_reason_where_only_that_is_known() -> None:
    told = explain(
        [
            "Traceback (most recent call last):",
            "RuntimeError: The expanded size of the tensor (1) must match the existing size (4225).",
            "",
            "The above exception was the direct cause of the following exception:",
            "",
            "Traceback (most recent call last):",
            "ValueError: Attempted to assign 4225 = 4225 multimodal tokens to 1 placeholder",
        ]
    )

    assert told.root is not None and told.root.line == 7
    assert [one.id for one in told.candidates][:1] == ["image-places"]
