"""The same questions to other machines as by `ssh`, asked by a worker process that uses pyinfra."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

from installer.core import threads
from installer.core.files import foreign_json
from installer.core.secrets.inherited import inherited
from installer.host.process import clean_environment
from installer.host.ssh import Address, LinkError, Links, Reply, failed, late

_WORKER = Path(__file__).with_name("worker.py")
_END_S = 5.0
_MARGIN_S = 30.0
"""Beyond what a question may take: to connect, and to be heard."""


class PyinfraLinks(Links):
    """`show` is the system's own ssh: it wants a terminal, which a worker has not."""

    def __init__(self, python: Path) -> None:
        super().__init__()
        self._numbers, self._waiting = itertools.count(), dict[int, Future[dict[str, Any]]]()
        self._writing = threading.Lock()
        self._worker = subprocess.Popen(
            [python, _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=inherited(clean_environment(), "ssh"), start_new_session=True,
        )  # fmt: skip
        threads.begin(self._listen, "pyinfra")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._worker.stdin
        with suppress(OSError):
            self._worker.stdin.close()
        try:
            self._worker.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._worker.kill()
            self._worker.wait()
        super().__exit__(kind, error, at)

    def _run_script(
        self, address: Address, script: str, words: Sequence[str], data: bytes | FileIO, timeout_s: float | None
    ) -> Reply:
        sent: dict[str, Any] = {"data": base64.b64encode(data).decode()} if isinstance(data, bytes) else {}
        if isinstance(data, FileIO):
            sent = {"file": str(data.name), "offset": data.tell()}
        body = {"address": asdict(address), "script": script, "words": list(words), "timeout": timeout_s, **sent}
        try:
            answer = self._asked(body).result(None if timeout_s is None else timeout_s + _MARGIN_S)
        except TimeoutError:
            answer = {"late": True}
        if answer.get("late"):
            raise late(address, timeout_s or 0.0)
        if "lost" in answer:
            raise failed(address, answer["lost"])
        return Reply(answer["code"], answer["out"], answer["errors"])

    def _asked(self, body: dict[str, Any]) -> Future[dict[str, Any]]:
        assert self._worker.stdin
        number, future = next(self._numbers), Future[dict[str, Any]]()
        self._waiting[number] = future
        try:
            with self._writing:
                self._worker.stdin.write(json.dumps({"id": number, **body}).encode() + b"\n")
                self._worker.stdin.flush()
        except OSError:
            raise _ended() from None
        return future

    def _listen(self) -> None:
        assert self._worker.stdout
        for line in self._worker.stdout:
            answer = foreign_json.loads(line.decode())
            if future := self._waiting.pop(answer.pop("id"), None):
                future.set_result(answer)
        for future in list(self._waiting.values()):
            future.set_exception(_ended())


def _ended() -> LinkError:
    return LinkError(
        "The worker of pyinfra has ended.", "", "Leave out `carrier: pyinfra` to use the system's ssh.", final=True
    )
