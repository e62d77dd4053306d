"""A session without a machine: it replays recorded journals and hands out prepared plans."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from installer.core.contracts.figures import Piece, ServingFigures
from installer.core.contracts.server_history import ServerHistory
from installer.core.contracts.serving import LaunchSpec, ServerState
from installer.core.errors import DeployError
from installer.core.machine.meters import GpuReading, Reading
from installer.core.plans.plan import Finding, Plan
from installer.core.recipes.recipe import Choice, Model, ModelSource, Recipe, Server
from installer.core.runs.cause import Cause
from installer.core.runs.events import Entry, from_json, to_json
from installer.core.runs.home import Home, RunFolder
from installer.core.runs.summary import GenerationSummary, RunSummary
from installer.core.runs.ticket_file import TicketFile
from installer.knowledge.parameters import Parameter, explain, explained
from installer.session import recipes
from installer.ui.follow import Follower
from installer.ui.run_model import RunModel
from tests.ui.plans import blocked_plan, cpu_plan

JOURNALS = Path(__file__).parent.parent / "journals"


def recorded(name: str) -> list[Entry]:
    """The entries of tests/journals/NAME.jsonl."""
    lines = (JOURNALS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [from_json(line) for line in lines]
    assert None not in entries, f"a line of {name} cannot be read"
    return [entry for entry in entries if entry is not None]


GB = 1_000_000_000
NO_GPU = Reading(43.0, 8_100_000_000, 24_900_000_000, 41_200_000_000, 105 * GB)
A40 = GpuReading("NVIDIA A40", 87.0, 41_200_000_000, 48_300_000_000)
ONE_GPU = replace(NO_GPU, gpus=(A40,))
EIGHT_GPUS = replace(NO_GPU, gpus=(GpuReading("NVIDIA H100 80GB HBM3", 97.0, 71 * GB, 85_520_000_000),) * 8)
STOPPED = ServerState()
READY = ServerState(
    "ready", LaunchSpec(("vllm",), "0.0.0.0", 8000, "models/random-qwen2", "qwen2.5-0.5b", "qwen2.5-0.5b-cpu", "vllm"),
    4890,
)  # fmt: skip


class ReplayPulse:
    """Writes entries into a journal as `speed` lets it, at once without one; asked for the pulse, as an engine is."""

    def __init__(
        self, journal: Path, entries: Sequence[Entry], *, live: bool = False, speed: float | None = None
    ) -> None:
        self._journal = journal
        journal.parent.mkdir(parents=True, exist_ok=True)
        journal.write_text("")
        self._entries = list(entries)
        self._live = live
        self._speed = speed
        self._began = time.time()
        self.added = threading.Lock()

    def add(self, *entries: Entry) -> None:
        with self.added:
            self._entries.extend(entries)

    @property
    def gone(self) -> bool:
        with self.added:
            due = self._due()
            left = self._entries = self._entries[len(due) :]
            with self._journal.open("a", encoding="utf-8") as journal:
                journal.writelines(to_json(entry) + "\n" for entry in due)
            return not self._live and not left

    def _due(self) -> list[Entry]:
        if self._speed is None or not self._entries:
            return list(self._entries)
        first = getattr(self, "_first", None) or self._entries[0].at
        self._first = first
        reached = first + (time.time() - self._began) * self._speed
        due = [entry for entry in self._entries if entry.at <= reached]
        return [Entry(self._began + (entry.at - first) / self._speed, entry.event) for entry in due]


def recipe(name: str, title: str, engine: str = "vllm") -> Recipe:
    return Recipe(
        name, title, engine, Model(name, (ModelSource(hub=f"example/{name}"),)), Server(f"{engine}.launch"),
        choice=Choice(10),
    )  # fmt: skip


RECIPES = (
    recipe("qwen2.5-0.5b-cpu", "Qwen2.5 0.5B Instruct on vLLM, CPU only"),
    recipe("qwen2.5-3b-sglang", "Qwen2.5 3B Instruct on SGLang", "sglang"),
    recipe("ministral-3b-sglang", "Ministral 3 3B Instruct on SGLang", "sglang"),
)


@dataclass
class ReplaySession:
    """What a test puts in is what the screen gets; every call is written down with its thread."""

    journal: str | None = None
    attached: bool = False
    """Whether the recorded run is in progress when the screen opens."""
    live: bool = False
    """Whether its journal may still grow."""
    speed: float | None = None
    planned: Callable[[str], Plan] = cpu_plan
    error: DeployError | None = None
    start_error: DeployError | None = None
    served: ServerState = STOPPED
    reading: Reading = NO_GPU
    known: Callable[[Sequence[str]], Cause | None] = lambda lines: None
    earlier: tuple[int, ...] = ()
    summaries: tuple[RunSummary, ...] = ()
    kept: tuple[GenerationSummary, ...] = ()
    befallen: ServerHistory = field(default_factory=ServerHistory)
    asked: list[str] = field(default_factory=list)
    durations: Mapping[int, float] = field(default_factory=dict)
    counted: int = 0
    per_hour: float | None = None
    gate: threading.Event | None = None
    """Held back until it is set: `plan`."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    chosen: str = "qwen2.5-0.5b-cpu"
    cancelled: list[RunFolder] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    blockers: dict[str, Finding] = field(default_factory=dict)
    """What a plan has against a setting."""

    def __post_init__(self) -> None:
        if self.journal and not self.entries:
            self.entries = recorded(self.journal)
        self._folder = tempfile.TemporaryDirectory(prefix="deploy-tui-replay-")
        self.open_pulse = self._begun()

    def _begun(self) -> ReplayPulse:
        return ReplayPulse(self._run.journal, self.entries, live=self.live, speed=self.speed)

    @property
    def home(self) -> Home:
        return Home(Path(self._folder.name))

    def running(self) -> RunFolder | None:
        self._called("running")
        return self._run if self.attached else None

    def latest(self) -> RunFolder | None:
        self._called("latest")
        return self._run if self.entries else None

    def recipes(self) -> Sequence[Recipe]:
        self._called("recipes")
        return RECIPES

    def flags(self) -> Sequence[Parameter]:
        self._called("flags")
        return explained(recipes.load("qwen2.5-3b-sglang", profile="dev-16gb"))

    def check_settings(self, recipe: str, settings: Sequence[str]) -> str:
        self._called("check-settings")
        return 'unknown key "sever" [/foo]' if any(one.startswith("sever.") for one in settings) else ""

    def blockers_of_settings(self, recipe: str, settings: Sequence[str]) -> Sequence[Finding]:
        self._called("blockers-of-settings")
        return [one for each, one in self.blockers.items() if each in settings]

    def explain_flag(self, recipe: str, flag: str) -> Parameter | None:
        return explain(flag, recipes.load("qwen2.5-3b-vllm"))

    def choose(self, recipe: str, profile: str | None, settings: Sequence[str]) -> None:
        self._called("select")
        self.chosen, self.settings = recipe, list(settings)

    def settings_so_far(self) -> Sequence[str]:
        return tuple(self.settings)

    def select(self, recipe: str | None, profile: str | None, settings: Sequence[str], model: str = "") -> None:
        self._called("select")
        self.chosen = recipe or model or self.chosen
        self.settings += settings

    def plan(self) -> Plan:
        self._called("plan")
        if self.gate is not None:
            self.gate.wait(10)
        if self.error is not None:
            raise self.error
        return self.planned(self.chosen)

    def assess(self, recipe: str) -> Plan:
        self._called("check")
        return blocked_plan(recipe) if recipe.startswith("ministral") else cpu_plan(recipe)

    def took(self, recipe: str) -> Mapping[int, float]:
        self._called("took")
        return self.durations

    def start(self) -> RunFolder:
        self._called("start")
        if self.start_error is not None:
            raise self.start_error
        self.open_pulse = self._begun()
        return self._run

    def pulse(self, run: RunFolder) -> ReplayPulse:
        self._called("pulse")
        return self.open_pulse

    def cancel(self, run: RunFolder) -> None:
        self._called("cancel")
        self.cancelled.append(run)

    def server(self) -> ServerState:
        self._called("server")
        return self.served

    def server_past(self) -> ServerHistory:
        self._called("server_past")
        return self.befallen

    def ticket(self, run: str) -> TicketFile:
        self._called("ticket")
        return TicketFile(
            self.home.root / f"ticket-{run}.zip", b"packed", ("It will contain:", "  journal.jsonl  9 kB [/foo]")
        )

    def write_ticket(self, ticket: TicketFile) -> None:
        self._called("write_ticket")
        ticket.path.write_bytes(ticket.content)

    def stop_server(self) -> None:
        self._called("stop_server")
        self.served = STOPPED

    def restart_server(self) -> RunFolder:
        self._called("restart_server")
        self.served = READY
        self.open_pulse = self._begun()
        return self._run

    def server_log(self) -> Path:
        self._called("server_log")
        return self.home.root / "server.log"

    def figures(self) -> ServingFigures | None:
        self._called("figures")
        self.counted += 1
        if self.counted > 2:  # so that a picture is always the same
            return None
        return ServingFigures(
            running=3.0, waiting=0.0, cache=0.24, tokens=100.0 * self.counted, first_sum=0.061, first_count=1.0,
            at=float(self.counted),
        )  # fmt: skip

    def chat(self, messages: Sequence[Mapping[str, str]], temperature: float, most: int) -> Iterator[Piece]:
        self._called("chat")
        self.asked = [message["content"] for message in messages]
        for number, word in enumerate(("It ", "predicts ", "[/foo]."), 1):
            self._called("piece")
            yield Piece(word, 61.0, number, 0.061 + 0.01 * number)
        yield Piece("", 61.0, 3, 0.1, done=True)

    def structured(self, words: str) -> str:
        self._called("structured")
        return '{"city":"Lisbon","country":"Portugal"}'

    def tool_call(self, words: str) -> str:
        self._called("tool_call")
        return 'weather({"city": "Lisbon"})'

    def benchmark(self) -> Iterator[Sequence[tuple[str, str]]]:
        self._called("benchmark")
        yield [("1 at a time", "first token 61 ms [/foo]")]

    def key(self) -> str | None:
        self._called("key")
        return "sk-of-a-test"

    def price(self) -> float | None:
        self._called("price")
        return self.per_hour

    def examples(self) -> Mapping[str, str]:
        self._called("examples")
        return {"curl": "curl -s http://x", "Python": "from openai import OpenAI"}

    def past(self) -> Sequence[RunSummary]:
        self._called("past")
        return self.summaries

    def generations(self) -> Sequence[GenerationSummary]:
        self._called("generations")
        return self.kept

    def generation_sizes(self) -> Mapping[int, int]:
        self._called("generation_sizes")
        return {each.number: 5_000_000_000 + each.number * 100_000_000 for each in self.kept}

    def roll_back(self, number: int | None) -> int:
        self._called("roll_back")
        self.kept = tuple(replace(each, current=each.number == number) for each in self.kept)
        return number or 0

    def delete_run(self, run: str) -> None:
        self._called("delete_run")
        self.summaries = tuple(each for each in self.summaries if each.id != run)

    def delete_generation(self, number: int) -> None:
        self._called("delete_generation")
        self.kept = tuple(each for each in self.kept if each.number != number)

    def meters(self) -> Reading:
        self._called("meters")
        return self.reading

    def cause(self, lines: Sequence[str]) -> Cause | None:
        self._called("cause")
        return self.known(lines)

    def earlier_generations(self) -> Sequence[int]:
        self._called("earlier_generations")
        return self.earlier

    @property
    def _run(self) -> RunFolder:
        first = next((entry.event for entry in self.entries), None)
        return self.home.run(getattr(first, "run", "20261121-080000-4711"))

    def _called(self, name: str) -> None:
        self.calls.append((name, threading.current_thread().name))

    def called(self, name: str) -> int:
        """How often the screen called this."""
        return sum(call == name for call, _ in self.calls)


def over(entries: str | list[Entry]) -> RunModel:
    """A run whose journal was read to its end."""
    known = recorded(entries) if isinstance(entries, str) else entries
    folder = Path(tempfile.mkdtemp(prefix="deploy-tui-over-"))
    model = RunModel(Home(folder).run("r1"), lambda: known[-1].at + 1000)
    follower = Follower(model.run, model.rows, lambda: ReplayPulse(model.run.journal, known))
    while not model.ended:
        message = follower.step()
        assert message is not None
        model.take(message)
    shutil.rmtree(folder)  # the open file is read on
    return model
