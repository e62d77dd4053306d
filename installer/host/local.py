"""This machine, behind the one door (`installer.core.contracts.host.Host`)."""

from __future__ import annotations

import os
import shutil
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from installer.core.contracts.host import Answer, Completed, Spawned, Watch
from installer.core.contracts.serving import LaunchSpec, LogPiece, NamedProcess, ServerState, StartReport, StopReport
from installer.core.errors import Cancelled
from installer.core.packages.archive import Archive
from installer.core.packages.sources import OWN_INDEXES, Sources
from installer.core.runs.home import Home
from installer.host import cloning, pip_config, process, server_state, serving

if TYPE_CHECKING:
    from installer.host.index_client import IndexClient

_POLL_S = 0.1


class LocalHost:
    """Implements `installer.core.contracts.host.Host`; `cancelled` is asked while anything is waited for."""

    def __init__(self, cache: Path, cancelled: Callable[[], bool] = lambda: False) -> None:
        self._cache = cache
        self._cancelled = cancelled
        self._lock = threading.Lock()
        self._client: IndexClient | None = None
        self._only: Sources | None = None
        # Python fills this table when it is first used, without a lock: a second thread would read it half filled.
        sysconfig.get_config_vars()

    def only_from(self, wheels: Path) -> None:
        """From now on, packages come from this folder and from nowhere else, whatever is configured."""
        self._only = Sources(find_links=(str(wheels),), no_index=True)

    def run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        on_line: Watch | None = None,
        on_screen: Watch | None = None,
        on_start: Callable[[Spawned], None] | None = None,
        timeout_s: float | None = None,
    ) -> Completed:
        return process.run(
            command, environment=environment, folder=folder, on_line=on_line, on_screen=on_screen,
            on_start=on_start, timeout_s=timeout_s, cancelled=self._cancelled,
        )  # fmt: skip

    def environment(self) -> dict[str, str]:
        values = process.clean_environment()
        if self._only is None:
            return values
        return {name: value for name, value in values.items() if name not in OWN_INDEXES}

    def clone(self, source: Path, target: Path) -> int:
        return cloning.clone(source, target)

    def end_recorded(self, recorded: Spawned) -> bool:
        return process.end_recorded(recorded)

    def get(
        self,
        url: str,
        *,
        timeout_s: float = 5.0,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        key_file: str = "",
    ) -> Answer:
        from installer.host import http_client, server_key

        return http_client.get(
            url, timeout_s=timeout_s, method=method, headers={**(headers or {}), **server_key.header(key_file)}
        )

    def post(self, url: str, body: Mapping[str, Any], *, timeout_s: float = 60.0, key_file: str = "") -> Answer:
        from installer.host import http_client, server_key

        return http_client.post(url, body, timeout_s=timeout_s, headers=server_key.header(key_file))

    def stream(
        self, url: str, body: Mapping[str, Any], *, timeout_s: float = 60.0, key_file: str = ""
    ) -> AbstractContextManager[Iterator[str]]:
        from installer.host import http_client, server_key

        return http_client.stream(url, body, timeout_s=timeout_s, headers=server_key.header(key_file))

    def sizes(self, urls: Sequence[str]) -> dict[str, int]:
        from installer.host import http_client

        return http_client.sizes(urls)

    def page(self, url: str, *, accept: str = "", timeout_s: float = 5.0) -> Answer:
        from installer.host import index_pages

        return index_pages.page(url, self._index_client, accept=accept, timeout_s=timeout_s)

    def archive(self, url: str, *, timeout_s: float = 10.0) -> Archive | None:
        from installer.host import archives

        return archives.open_archive(url, self._index_client, timeout_s)

    def transferred(self) -> int:
        return self._index_client.transferred

    @property
    def _index_client(self) -> IndexClient:
        from installer.host.index_client import IndexClient

        with self._lock:
            if self._client is None:
                self._client = IndexClient(self.sources())
            return self._client

    def uv(self) -> str:
        import uv

        return str(uv.find_uv_bin())

    def sources(self) -> Sources:
        return self._only or pip_config.read()

    def python(self, version: str) -> str | None:
        from installer.host.interpreters import find_pythons
        from installer.host.probe_cache import ProbeCache

        found = find_pythons(ProbeCache(self._cache))
        carried = map(str, (self._cache / "pythons").glob(f"*/bin/python{version}"))
        return next((python.path for python in found if python.version == version), None) or next(carried, None)

    def image_package(self, name: str) -> Path | None:
        from installer.host.image_packages import info
        from installer.host.interpreters import find_pythons
        from installer.host.probe_cache import ProbeCache

        found = find_pythons(ProbeCache(self._cache))
        return info(found[0].path if found else None, name)

    def which(self, program: str) -> str | None:
        return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin:/usr/local/sbin")

    def library(self, name: str) -> bool:
        import ctypes

        try:
            ctypes.CDLL(name)
        except OSError:
            return False
        return True

    def library_file(self, name: str) -> Path | None:
        if not self.library(name):
            return None
        # Asking the loader is to load it: then it is among what is mapped.
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
        stem = name.partition(".so")[0] + ".so"
        files = (Path(line.split(maxsplit=5)[5]) for line in maps if f"/{stem}" in line)
        return next((file for file in files if file.exists()), None)

    def is_root(self) -> bool:
        return os.geteuid() == 0

    def pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self._cancelled():
                raise Cancelled
            time.sleep(min(left, _POLL_S))

    def server_state(self, home: Home) -> ServerState:
        return server_state.read_state(home)

    def launch_server(self, home: Home, spec: LaunchSpec) -> ServerState:
        return serving.launch(home, spec, process.clean_environment())

    def server_ready(self, home: Home, seconds: float, report: StartReport | None = None) -> ServerState:
        return serving.mark_ready(home, seconds, report)

    def stop_server(self, home: Home, timeout_s: float | None = None) -> StopReport:
        return serving.stop(home, timeout_s)

    def server_log(self, home: Home, *, after: int | None = None, lines: int = 200) -> LogPiece:
        return serving.log_piece(home, after=after, lines=lines)

    def port_owner(self, port: int) -> NamedProcess | None:
        from installer.host import ports

        return ports.port_owner(port)
