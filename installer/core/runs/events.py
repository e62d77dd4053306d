"""Everything that can happen in a run, as frozen values that become one JSON line each.

The journal, the screen, the console and `--json` all read these same lines. An event contains no secret: before one
is written it has passed `without_secrets`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, ClassVar, Mapping, TypeVar

from installer.core.files.typed import typed
from installer.core.outcomes import CheckStatus, RunState, Severity, StageStatus
from installer.core.secrets import Lines, Redactor
from installer.core.secrets.redactor import flagged


@dataclass(frozen=True, slots=True)
class StageOutline:
    """One line of the plan, as the views need it before anything has happened."""

    number: int
    name: str
    title: str
    status: StageStatus
    reason: str = ""
    bytes: int = 0
    """To be fetched, as far as it was known then."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    kind: ClassVar[str] = "run-started"
    run: str
    recipe: str
    title: str
    home: str
    pid: int
    machine: str
    because: str = ""
    """Why this recipe, where it was chosen from the machine's facts."""
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class PlanReady:
    kind: ClassVar[str] = "plan-ready"
    stages: tuple[StageOutline, ...]
    packages: int = 0
    download_bytes: int | None = None
    attempt: str = ""
    """What is tried, as one word: the same for the same recipe, packages and machine."""


@dataclass(frozen=True, slots=True)
class StageStarted:
    kind: ClassVar[str] = "stage-started"
    stage: int
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class ChangeStarted:
    kind: ClassVar[str] = "change-started"
    stage: int
    summary: str
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputLine:
    """One line that a command printed, free of control characters."""

    kind: ClassVar[str] = "output"
    stage: int
    text: str


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """One check of the environment has a result."""

    kind: ClassVar[str] = "check-finished"
    stage: int
    check: str
    status: CheckStatus
    said: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one thing (a package, a file) has come; bytes, both exact or both rounded by the tool that said so."""

    kind: ClassVar[str] = "progress"
    stage: int
    subject: str
    done: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know, in plain words."""

    kind: ClassVar[str] = "notice"
    stage: int | None
    severity: Severity
    """`INFO` or `WARNING`."""
    text: str


@dataclass(frozen=True, slots=True)
class ProcessStarted:
    """Written when a command runs, so that the installer process after a killed one can end it."""

    kind: ClassVar[str] = "process-started"
    stage: int
    pid: int
    created: float
    """Clock ticks from the start of the machine to that of the process, to tell a reused pid apart."""
    place: str = ""
    """Names that start of the machine, and the container."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A change outside of the generations, written before it is made, with what is needed to take it back."""

    kind: ClassVar[str] = "deed"
    stage: int
    what: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GenerationSwitched:
    kind: ClassVar[str] = "generation-switched"
    stage: int | None
    generation: int
    previous: int | None


@dataclass(frozen=True, slots=True)
class StageFinished:
    kind: ClassVar[str] = "stage-finished"
    stage: int
    name: str
    status: StageStatus
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RollbackStarted:
    kind: ClassVar[str] = "rollback-started"
    stage: int


@dataclass(frozen=True, slots=True)
class RollbackFinished:
    kind: ClassVar[str] = "rollback-finished"
    stage: int
    left: tuple[str, ...] = ()
    """What could not be rolled back; empty if all was."""


@dataclass(frozen=True, slots=True)
class ServerReady:
    """A server answered: the proof of a deployment."""

    kind: ClassVar[str] = "server-ready"
    url: str
    pid: int
    model: str
    answer: str
    """What the model said to the chat request."""
    curl: str
    """A line that repeats the request."""
    ready_seconds: float
    first_token_ms: float
    structured: str | None = None
    """The answer that was forced into a JSON schema; null if the engine cannot."""
    stand_in: bool = False
    """True if the model is a tiny one with random weights."""
    report: Mapping[str, Any] = field(default_factory=dict)
    """What the start came to (`installer.core.contracts.serving.StartReport`)."""


@dataclass(frozen=True, slots=True)
class RunFinished:
    kind: ClassVar[str] = "run-finished"
    state: RunState
    exit_code: int
    seconds: float = 0.0
    stage: int | None = None
    """Where it failed."""
    what: str = ""
    why: str = ""
    fix: str = ""
    changed: bool = True
    """False if everything was in place already."""
    defect: bool = False
    """True if this tool itself is at fault, and no recipe, command line, package or machine."""


Event = (
    RunStarted | PlanReady | StageStarted | ChangeStarted | OutputLine | CheckFinished | Progress | Notice
    | ProcessStarted | Deed | GenerationSwitched | StageFinished | RollbackStarted | RollbackFinished
    | ServerReady | RunFinished
)  # fmt: skip

EVENTS: tuple[type[Event], ...] = Event.__args__
_BY_KIND: dict[str, type[Event]] = {event.kind: event for event in EVENTS}


_FAR = 253_402_300_800.0
"""The year 10000: no time is later. A clock that was never set may be before 1970."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event and when it happened (seconds since the epoch)."""

    at: float
    event: Event


_OURS = frozenset({"status", "state", "severity", "name", "run", "recipe", "profile", "home", "machine", "title"})
"""Fields with words of our own, which mean something: an ordinary word stays there, whatever a variable holds."""


_Part = TypeVar("_Part", bound="Event | StageOutline")


def without_secrets(event: Event, redactor: Redactor, lines: Lines) -> Event:
    """The event with no secret in any string of it. `lines` are those of its stage: a secret may go over several."""
    if isinstance(event, OutputLine):
        return replace(event, text=lines.line(event.text))
    return _without(event, redactor)


def _without(value: _Part, redactor: Redactor) -> _Part:
    """One event, or a part of one that is such a value itself."""
    changed = {f.name: _clean(f.name, getattr(value, f.name), redactor) for f in fields(value)}
    return replace(value, **changed)


def _clean(name: str, value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor.exact(value) if name in _OURS else redactor.text(value)
    if isinstance(value, tuple):
        return tuple(
            redactor.value(inner, name=flag) if flag else _clean(name, inner, redactor)
            for flag, inner in flagged(value)
        )
    if isinstance(value, StageOutline):
        return _without(value, redactor)
    return redactor.value(value) if isinstance(value, Mapping) else value


def to_json(entry: Entry) -> str:
    """One line, without its line end."""
    body = {"event": entry.event.kind, "at": round(entry.at, 3), **asdict(entry.event)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=dict)


def from_json(line: str) -> Entry | None:
    """The entry of a line; `None` if the line is torn or of a kind that this version does not know."""
    try:
        body = json.loads(line)
        at = body["at"]
        if type(at) not in (int, float) or not -_FAR / 100 < at < _FAR:
            return None
        return Entry(float(at), typed(_BY_KIND[body["event"]], body))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def entries(chunk: bytes) -> tuple[list[Entry], int]:
    """The entries of a piece of a journal, and how many of its bytes they and what is no entry take up.

    The one place where a journal is cut into lines: at line ends alone, because a text may hold whatever else some
    programs take for one. A last line without its end counts once it is whole; a torn one is left for later.
    """
    *complete, rest = chunk.split(b"\n")
    found = [entry for line in complete if (entry := from_json(line.decode("utf-8", "replace")))]
    last = from_json(rest.decode("utf-8", "replace")) if rest else None
    return (found, len(chunk) - len(rest)) if last is None else ([*found, last], len(chunk))
