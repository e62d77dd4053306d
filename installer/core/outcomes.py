"""The words that mean something to other programs: severity and code of a finding, status of a stage, state of a run.

Each is its own text wherever it is printed or written as JSON (docs/interfaces.md). Holds no sentence: what a person
reads is calculated elsewhere, and never decides anything.
"""

from __future__ import annotations

from enum import Enum


class Word(str, Enum):
    """One of a closed set of words; a `str`, so that JSON and the journal contain the word alone."""

    def __str__(self) -> str:
        return str(self.value)


class Severity(Word):
    """How grave a finding is."""

    BLOCKER = "blocker"
    """It ends there."""
    PROBE = "probe"
    """It cannot be known from facts."""
    WARNING = "warning"
    INFO = "info"

    @property
    def severity_rank(self) -> int:
        """0 is the gravest."""
        return tuple(Severity).index(self)


class Verdict(Word):
    """What a plan comes to."""

    WORKS = "works"
    FAILS = "fails"
    UNKNOWN = "unknown"


class StageStatus(Word):
    """The state of a stage: in a plan, while it runs, and how it ended."""

    PENDING = "pending"
    SATISFIED = "satisfied"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    RUNNING = "running"
    ROLLING_BACK = "rolling back"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CheckStatus(Word):
    """How one check of an environment ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    INFO = "info"


class RunState(Word):
    """The state of a run."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    KILLED = "killed"
    """Its journal has no end, and no process works on it."""


class ServerStatus(Word):
    """How the server of a home is."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class RepairKind(Word):
    """What a repair changes."""

    RECIPE = "recipe"
    FLAGS = "flags"
    RELEASE = "release"
    ENGINE = "engine"
    MACHINE = "machine"
    NONE = "none"
    """Nothing that was tried helps."""


class Agreement(Word):
    """Whether a client and its server agree on one thing."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


class Code(Word):
    """What clashes: the registry of docs/interfaces.md."""

    DEPENDENCY_CONFLICT = "dependency-conflict"
    PIN_OVERRIDDEN = "pin-overridden"
    MISSING_MODULE = "missing-module"
    PYTHON_VERSION = "python-version"
    WHEEL_PLATFORM = "wheel-platform"
    INDEX_MISSING = "index-missing"
    INDEX_EXCLUSIVE = "index-exclusive"
    WHEEL_DEFECT = "wheel-defect"
    ABI_MISMATCH = "abi-mismatch"
    MODEL_UNSUPPORTED = "model-unsupported"
    MODEL_TYPE_UNKNOWN = "model-type-unknown"
    TOKENIZER_UNSUPPORTED = "tokenizer-unsupported"
    GPU_ARCH = "gpu-arch"
    DRIVER_CUDA = "driver-cuda"
    FLAG_UNKNOWN = "flag-unknown"
    FLAG_AMBIGUOUS = "flag-ambiguous"
    FLAG_WRONG_MEANING = "flag-wrong-meaning"
    FLAG_VALUE = "flag-value"
    MEMORY = "memory"
    DISK = "disk"
    SHM = "shm"
    CORES = "cores"
    PORT = "port"
    LIMITS = "limits"
    CLOCK = "clock"
    GPU_HELD = "gpu-held"
    GPU_LINKS = "gpu-links"
    SYSTEM_LIBRARY = "system-library"
    IMAGE_CONTENT = "image-content"
    CREDENTIALS = "credentials"
    NETWORK = "network"
    NO_SERVER = "no-server"
    SHELL_DEFECT = "shell-defect"
    STALE_STATE = "stale-state"
    FAILED_BEFORE = "failed-before"
