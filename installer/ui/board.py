"""What all screens read: the newest values that are known. Written by the controllers alone; no I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from installer.core.contracts.figures import Piece, ServingFigures
    from installer.core.contracts.server_history import ServerHistory
    from installer.core.errors import DeployError
    from installer.core.machine.meters import Reading
    from installer.core.plans.plan import Plan
    from installer.ui import messages
    from installer.ui.log.file_rows import FileRows
    from installer.ui.run_model import Clock, RunModel


FRESH_S = 5.0
"""So long what was read of the server is considered current: it is read every second while it is shown."""
MINUTE = 60
"""Readings that are kept: one a second."""


class Listener:
    """A screen, as far as news concern it. Does nothing: a screen overrides what concerns it."""

    METERED: ClassVar[bool] = False
    """Whether it shows the machine's meters."""

    @property
    def here(self) -> bool:
        """False while it closes, when its pieces are gone already."""
        return False

    @property
    def in_view(self) -> bool:
        """On top, or behind a dialog. Any thread may ask."""
        return False

    def planning(self) -> None:
        """A plan is being calculated."""

    def planned(self, answer: messages.Planned) -> None: ...

    def plan_failed(self, error: DeployError) -> None:
        """No plan, or it could not be started."""

    def launching(self) -> None:
        """The installer process is being started."""

    def assessed(self, name: str) -> None:
        """Another recipe was checked for this machine."""

    def settings_checked(self, checked: messages.SettingsChecked) -> None:
        """What was typed was checked."""

    def advanced(self) -> None:
        """The run that is followed went on."""

    def cause_found(self) -> None:
        """It is known, or known not to be known, why the run failed."""

    def server_log_grown(self) -> None:
        """More of the server's log was read."""

    def counted(self, figures: ServingFigures | None) -> None:
        """What the engine counts."""

    def answer_grown(self, piece: Piece) -> None: ...

    def tried(self, answer: messages.Tried) -> None: ...

    def benchmarked(self, news: messages.Benchmarked) -> None: ...

    def key_read(self, key: str | None) -> None: ...

    def examples_read(self, examples: Mapping[str, str]) -> None: ...

    def sized(self, sizes: Mapping[int, int]) -> None: ...

    def remembered(self, answer: messages.Remembered) -> None: ...

    def measured(self, reading: Reading) -> None: ...

    def server_polled(self, polled: messages.ServerPolled) -> None: ...

    def server_past_read(self, past: ServerHistory) -> None: ...


@dataclass
class Board:
    """One for the whole screen."""

    clock: Clock
    reading: Reading | None = None
    """The machine, as it was measured last."""
    past: deque[Reading] = field(default_factory=lambda: deque(maxlen=MINUTE))
    """The last minute of readings, the newest last."""
    run: RunModel | None = None
    """The run that is followed, or was."""
    price: float | None = None
    """What an hour of this machine costs; `None` if unknown."""
    rings: bool = False
    """Whether the terminal's bell is to ring when the run ends."""
    planned: messages.Planned | None = None
    listed: messages.Listed | None = None
    """Recipes and earlier runs, as they were read last."""
    error: DeployError | None = None
    """Why there is no plan, or why it could not be started."""
    server_log: FileRows | None = None
    """What the model server writes, as far as it was read."""
    server: messages.ServerPolled | None = None
    server_past: ServerHistory | None = None
    """What it has been through, as it was read last."""
    verdicts: dict[str, Plan | DeployError] = field(default_factory=dict)
    """What the recipes come to here, by name, as far as they were checked."""
    listeners: list[Listener] = field(default_factory=list)
    """The screens that are there and complete."""

    @property
    def server_now(self) -> messages.ServerPolled | None:
        """The state of the server; `None` until it is checked again, as during a run."""
        polled = self.server
        return polled if polled is not None and self.clock() - polled.at < FRESH_S else None

    @property
    def metered(self) -> bool:
        """Whether the machine's meters are in view."""
        return any(listener.METERED and listener.in_view for listener in tuple(self.listeners))

    def join(self, listener: Listener) -> None:
        self.listeners.append(listener)

    def part(self, listener: Listener) -> None:
        if listener in self.listeners:
            self.listeners.remove(listener)

    def tell(self, what: Callable[[Listener], None]) -> None:
        """Tell every screen that is there."""
        for listener in tuple(self.listeners):
            if listener.here:
                what(listener)

    def show(self, what: Callable[[Listener], None]) -> None:
        """What comes every second: only to those in view. The others take the newest when they are shown again."""
        self.tell(lambda listener: what(listener) if listener.in_view else None)
