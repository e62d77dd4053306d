"""Asks a server for a token at an interval, and says when it died without ending: frozen, deaf, or refusing.

`/health` is not asked, because it says 200 for an engine that is dead. A server that is slow because it is busy is
known by its own figures, which move. It runs in a thread of the supervisor, and must import nothing heavy. It never
ends a process, and what it cannot check it calls that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from installer.core import threads
from installer.core.contracts.watching import MOVING, TOKEN_PATH, Watching, token_request
from installer.core.text.exposition import sums
from installer.host.bare_http import Reply, ask

_FIGURES_S = 5.0
_START_S = 1.0
"""Between two questions until it answers for the first time."""
_RETRY_S = 2.0
"""Before a second question, where the first was not answered."""
_CERTAIN = 2
"""Answers that must be missed, one after the other, where nothing else shows that it does not get on."""
_FAILED_PROBES = 5
"""So many where its port is closed and none of its processes is known to have died: who ends closes its port first, and
how it ends says more."""
_AFTER_DEATH_S = 15.0
"""So long it may take for a token after one of its processes died."""
_FIGURES_ONLY_S = 30.0
_COMPILING_S = 1800.0
"""So long a kernel may compile."""
_BUSY = 429


@dataclass(frozen=True, slots=True)
class ServerFault:
    kind: str
    """"frozen": no token in time; "deaf": its port does not answer; "refuses": it answers with a server's error."""
    words: str


class Watchdog:
    """Over one life of a server, from `begin` to `close`. Its attributes may be read at any time."""

    def __init__(
        self, url: str, model: str, key: str, watching: Watching, *, kick: Callable[[], None],
        works: Callable[[float], bool],
    ) -> None:  # fmt: skip
        """`kick`: called where there is news. `works`: whether the server has started a process since a moment (seconds
        since boot) that still runs."""
        self.answered = False
        """It has generated a token."""
        self.trouble: ServerFault | None = None
        self.unjudged = ""
        """Why asking tells nothing about this server."""
        self.well_at = self._last_well_at = 0.0
        """When the last answered request but one was sent (seconds since the epoch): a server whose part has
        just died may answer once more before it notices."""
        self.used_at: float | None = None
        """When someone else than us was last seen to use it (monotonic); `None`: it does not say what it counts."""
        self.looked = False
        """Its figures were read once."""
        self._url, self._model, self._key, self._watching = url, model, key, watching
        self._kick, self._works = kick, works
        self._well_at = time.clock_gettime(time.CLOCK_BOOTTIME)
        self._closed, self._soon = threading.Event(), threading.Event()
        self._misses = self._ours = 0
        self._probing_now = False
        self._theirs: float | None = None

    def begin(self, *, answered: bool) -> None:
        """`answered`: someone has seen it generate already; else it is asked until it does."""
        self.answered = answered
        threads.begin(self._run, "watchdog")

    def probe_now(self) -> None:
        """One of its processes died: ask now, and wait less long."""
        self._probing_now = True
        self._soon.set()

    def close(self) -> None:
        self._closed.set()
        self._soon.set()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._soon.wait(self._pause_s())
            self._soon.clear()
            if not self._closed.is_set():
                self._check()

    def _pause_s(self) -> float:
        if not self.answered:
            return _START_S
        every = self._watching.every_s or _FIGURES_ONLY_S
        return min(_RETRY_S, every) if self._misses else every

    def _check(self) -> None:
        before = self._figures()
        self._note_use(before)
        self.looked = True
        if self._watching.every_s or not self.answered:
            asked_at = time.time()
            self._assess(reply := self._token(), before)
            if reply.status == 200:
                self.well_at, self._last_well_at = self._last_well_at, asked_at

    def _token(self) -> Reply:
        patience = min(self._watching.patience_s, _AFTER_DEATH_S) if self._probing_now else self._watching.patience_s
        body = token_request(self._model)
        reply = ask(f"{self._url}{TOKEN_PATH}", body=body, key=self._key, timeout_s=patience)
        self._ours += reply.status == 200
        return reply

    def _assess(self, reply: Reply, before: dict[str, float] | None) -> None:
        if reply.status in {200, _BUSY}:
            self._well(reply)
        elif 400 <= reply.status < 500:
            self.unjudged = (
                f"it answers a request for a token with status {reply.status}, so a freeze would not be detected"
            )
        elif self.answered:
            self._missed(reply, before)

    def _well(self, reply: Reply) -> None:
        self._well_at = time.clock_gettime(time.CLOCK_BOOTTIME)
        changed = self.trouble is not None or (not self.answered and reply.status == 200)
        self._misses, self.trouble, self.unjudged, self._probing_now = 0, None, "", False
        self.answered = self.answered or reply.status == 200
        if changed:
            self._kick()

    def _missed(self, reply: Reply, before: dict[str, float] | None) -> None:
        after = self._figures() if reply.late and before else None
        counted = bool(before and after)
        if before and after and any(before.get(name) != after.get(name) for name in MOVING):
            self._misses = 0  # it is busy, and gets on
            return
        if reply.late and self._compiles():
            self._misses = 0
            return
        self._misses += 1
        closed = not (reply.status or reply.late or self._probing_now)
        if (
            (counted or self._misses >= (_FAILED_PROBES if closed else _CERTAIN))
            and self.trouble is None
            and not self._closed.is_set()
        ):
            self.trouble = _trouble(reply, stands_still=counted)
            self._kick()

    def _compiles(self) -> bool:
        """Whether it waits for a process that it has started since its last token: one that froze starts none.

        Engines compile a kernel when the first request needs it, and do not answer meanwhile.
        """
        since = time.clock_gettime(time.CLOCK_BOOTTIME) - self._well_at
        return since < _COMPILING_S and self._works(self._well_at)

    def _figures(self) -> dict[str, float] | None:
        """What the engine counts, by our words for it; `None` if it does not say."""
        names = {name: figure for figure, names in self._watching.counts.items() for name in reversed(names)}
        patience = min(_FIGURES_S, self._watching.patience_s)
        reply = ask(f"{self._url}/metrics", key=self._key, timeout_s=patience) if names else Reply()
        if reply.status != 200:
            return None
        found = sums(reply.body.decode("utf-8", "replace"), names)
        return {figure: found[name] for name, figure in names.items() if name in found}

    def _note_use(self, figures: dict[str, float] | None) -> None:
        """Whether there was a request that is not ours. Ours are told apart by their number: one is one request."""
        if figures is None or "requests" not in figures:
            return
        theirs = figures["requests"] - self._ours
        busy = bool(figures.get("running") or figures.get("waiting"))
        if self._theirs is None or theirs > self._theirs or busy:
            self.used_at = time.monotonic()
        self._theirs = max(theirs, self._theirs or theirs)


def _trouble(reply: Reply, *, stands_still: bool) -> ServerFault:
    if reply.status:
        return ServerFault("refuses", f"It is broken: on a request for a token, it answers with status {reply.status}.")
    if reply.late:
        still = ", and its own metrics do not change" if stands_still else ""
        return ServerFault("frozen", f"It froze: on a request for a token, {reply.words}{still}.")
    return ServerFault("deaf", f"It cannot be reached: on a request for a token, {reply.words}.")
