"""What the screen asks about the model server (`installer.ui.bridge.Serving`). Slow, all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from installer.core.runs.home import Home, RunFolder
from installer.core.runs.request import Request

if TYPE_CHECKING:
    from installer.core.contracts.figures import Piece, ServingFigures
    from installer.core.contracts.server_history import ServerHistory
    from installer.core.contracts.serving import ServerState


class ServingSession:
    def __init__(self, home: Home) -> None:
        self._home = home

    def server(self) -> ServerState:
        from installer.host import server_state

        return server_state.read_state(self._home)

    def server_past(self) -> ServerHistory:
        from installer.session.server_report import past

        return past(self._home)

    def stop_server(self) -> None:
        """Waits until every process is gone."""
        from installer.host import serving

        serving.stop(self._home, None)

    def restart_server(self) -> RunFolder:
        """Stage 10 again, as a run of its own; the server that ran comes back where it fails. Raises `DeployError`."""
        from installer.host import serving
        from installer.session import runs

        serving.request_restart(self._home)
        folder, lock = runs.new(self._home, Request(stages=(10,)))
        runs.spawn(self._home, folder, lock)
        return folder

    def server_log(self) -> Path:
        return self._home.server / "server.log"

    def figures(self) -> ServingFigures | None:
        from installer.session import server_requests

        return server_requests.figures(self._home)

    def chat(self, messages: Sequence[Mapping[str, str]], temperature: float, most: int) -> Iterator[Piece]:
        from installer.session import server_requests

        return server_requests.chat(self._home, messages, temperature=temperature, most=most)

    def structured(self, words: str) -> str:
        from installer.session import server_requests

        return server_requests.structured(self._home, words)

    def tool_call(self, words: str) -> str:
        from installer.session import server_requests

        return server_requests.tool_call(self._home, words)

    def benchmark(self) -> Iterator[Sequence[tuple[str, str]]]:
        from installer.session.bench_summary import benchmark

        return benchmark(self._home)

    def key(self) -> str | None:
        from installer.host import server_key, server_state

        launch = server_state.read_state(self._home).launch
        return server_key.read(Path(launch.key_file)) if launch is not None and launch.key_file else None

    def examples(self) -> Mapping[str, str]:
        from installer.session import server_requests

        return server_requests.examples(server_requests.running(self._home))
