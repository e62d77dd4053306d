"""What can go wrong, as three sentences, and the exit codes that other programs rely on."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit status of every `deploy-tui` command."""

    OK = 0
    """Done; for `plan` and `audit`: works, as far as can be known."""
    FAILED = 1
    """A stage failed and was rolled back cleanly."""
    USAGE = 2
    """Wrong usage, or an input file that is not valid."""
    PREDICTED = 3
    """A failure was predicted; nothing was downloaded or changed."""
    UNKNOWN = 4
    """Only with `--strict`: no blocker, but something is unknown."""
    LOCKED = 5
    """Another run holds this home."""
    INCOMPLETE = 6
    """A stage failed and taking it back was not complete."""
    INTERRUPTED = 130
    """Interrupted; rolled back."""


class DeployError(Exception):
    """A failure a person can act on: what happened, why we think so, what to do now."""

    exit_code = ExitCode.FAILED

    def __init__(self, what: str, why: str = "", fix: str = "", *, code: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.code = code

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.fix) if part)


class UsageError(DeployError):
    """The command line or an input file is not valid; nothing was touched."""

    exit_code = ExitCode.USAGE


class DamagedError(UsageError):
    """A file that this tool wrote and reads back is not what it wrote."""


class PredictedError(DeployError):
    """The plan already shows that this cannot work; nothing was touched."""

    exit_code = ExitCode.PREDICTED


class LockedError(DeployError):
    """Another engine is writing this home."""

    exit_code = ExitCode.LOCKED


class StageError(DeployError):
    """A stage could not do its work."""


class DefectError(DeployError):
    """This tool itself is at fault."""


class IncompleteRollbackError(DeployError):
    """Something that a stage did could not be rolled back; `why` lists what is left."""

    exit_code = ExitCode.INCOMPLETE


class Cancelled(DeployError):  # noqa: N818 - what happened is no error
    """Someone asked the run to stop."""

    exit_code = ExitCode.INTERRUPTED

    def __init__(self, what: str = "The run was cancelled.", why: str = "", fix: str = "") -> None:
        super().__init__(what, why, fix)
