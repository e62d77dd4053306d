"""Where everything of one deployment lives on a machine. Names only: nothing here touches the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    root: Path
    server_name: str = ""
    """Which of its servers is meant; empty: the first. Each has its own environment, recipe, key, log and state."""

    @property
    def _own(self) -> Path:
        """Where what belongs to the meant server is."""
        return self.servers / self.server_name if self.server_name else self.root

    @property
    def servers(self) -> Path:
        """The further servers, a folder each by its name."""
        return self.root / "servers"

    def named(self, server: str) -> Home:
        """The same home, another of its servers."""
        return Home(self.root, server)

    @property
    def server_words(self) -> str:
        """What names the meant server behind a command, with a blank before it; empty for the first."""
        return f" --server {self.server_name}" if self.server_name else ""

    @property
    def generations(self) -> Path:
        return self.root / "generations"

    @property
    def current(self) -> Path:
        """Symlink to the generation in use."""
        return self._own / "current"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def recipes(self) -> Path:
        """Recipes that were derived from the name of a model."""
        return self.root / "recipes"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def locks(self) -> Path:
        """Resolved package sets, one file per question."""
        return self.cache / "resolutions"

    @property
    def system(self) -> Path:
        """Shared libraries of system packages that could only be unpacked, not installed."""
        return self.root / "system"

    @property
    def carried_debs(self) -> Path:
        """Debian packages that a bundle provided."""
        return self.cache / "debs"

    @property
    def pythons(self) -> Path:
        """Pythons that a bundle provided, where the machine has none that fits."""
        return self.cache / "pythons"

    @property
    def compiled(self) -> Path:
        """What engines compile when they start, by generation and GPU."""
        return self.root / "compiled"

    @property
    def bundles(self) -> Path:
        """What bundles provided, a folder each."""
        return self.root / "bundles"

    @property
    def server(self) -> Path:
        return self._own if self.server_name else self.root / "server"

    @property
    def server_key(self) -> Path:
        """The key that the server requires; readable by us only."""
        return self.server / "key"

    @property
    def server_key_config(self) -> Path:
        """The same as settings of an engine that takes it from no variable."""
        return self.server / "key.yaml"

    @property
    def proofs(self) -> Path:
        """The last request to the server, and its result (JSON)."""
        return self._own / "proofs.json"

    @property
    def measured(self) -> Path:
        """What starts came to, next to what had been calculated (JSON Lines)."""
        return self.root / "measured.jsonl"

    @property
    def bench(self) -> Path:
        """Results of `bench --save`."""
        return self.root / "bench"

    @property
    def previous_state(self) -> Path:
        """What is to be put back while something is tried on this home (JSON)."""
        return self._own / "previous-state.json"

    @property
    def older_previous_state(self) -> Path:
        """The same, as a version before wrote it."""
        return self._own / "standing.json"

    @property
    def tuning(self) -> Path:
        """The trials of `server tune`, a file for each question (JSON Lines)."""
        return self._own / "tuning"

    @property
    def engine_lock(self) -> Path:
        """Locked (flock) by the one installer process that may write here; contains its pid and run."""
        return self.root / "engine.lock"

    @property
    def deployment(self) -> Path:
        """What was last requested: recipe, profile and settings (JSON)."""
        return self._own / "deployment.json"

    def run(self, run_id: str) -> RunFolder:
        return RunFolder(self.runs / run_id)


@dataclass(frozen=True, slots=True)
class RunFolder:
    root: Path

    @property
    def id(self) -> str:
        return self.root.name

    @property
    def journal(self) -> Path:
        return self.root / "journal.jsonl"

    @property
    def plan(self) -> Path:
        return self.root / "plan.json"

    @property
    def request(self) -> Path:
        """What the installer process was asked to do (JSON)."""
        return self.root / "request.json"

    @property
    def cancel(self) -> Path:
        """Exists once someone asked this run to stop."""
        return self.root / "cancel"

    @property
    def cast(self) -> Path:
        """What the terminal showed of it (asciicast v3)."""
        return self.root / "terminal.cast"

    @property
    def work(self) -> Path:
        """Scratch files of the stages: requirement files, scripts."""
        return self.root / "work"

    def log(self, stage: int) -> Path:
        return self.root / f"stage-{stage:02d}.log"
