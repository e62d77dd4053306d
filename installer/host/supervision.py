"""What stays with one server through all its lives: it watches, notes, and decides whether the server is started again.

Held by the supervisor's process (`supervisor.py`), and as small as that must be: nothing beyond the standard library is
imported. It must never leave a process of the server behind when it goes.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from installer.core.contracts.serving import base_url, report_from_json
from installer.core.contracts.watching import watching_from_json
from installer.core.outcomes import ServerStatus
from installer.core.text.quantities import duration
from installer.host import deadlines, listeners, oom, process_table, restarts, server_folder, server_log
from installer.host.cleanup import clean_up
from installer.host.deaths import cause, reason, sentence
from installer.host.restarts import Restarts, ServerFailure
from installer.host.server_process import ServerProcess
from installer.host.server_record import Record
from installer.host.watchdog import Watchdog

_TICK_S, _STARTING_TICK_S = 10.0, 1.0
"""How often the server is checked, and until it is ready: whom we have not seen, we cannot miss."""


class Supervisor:
    """One server, through all its lives."""

    def __init__(
        self, folder: Path, spec: dict[str, Any], secrets: Sequence[str] = (), outside: Mapping[str, str] | None = None
    ) -> None:
        """`outside`: the environment of anyone who started it, which no process of the server gets."""
        self._folder, self._home = folder, server_folder.identity(folder)
        self._spec, self._secrets, self._outside = spec, secrets, outside
        self._watching = watching_from_json(spec.get("watching"))
        self._falls = Restarts(folder, self._watching)
        self._clock = deadlines.Clock(folder)
        self._oom = oom.kills()
        self._lives = 0
        self._down = False
        """It served, fell, and is not started again."""
        self._record = Record(folder, spec)

    def run(self) -> None:
        while self._live() and self._pause():
            pass
        if self._down:
            self._outlive()

    def _live(self) -> bool:
        """One life; whether another is to follow."""
        self._lives += 1
        self._listened = self._ready = self._troubled = False
        self._ends = 0
        begun = {"token": self._token(self._lives), "started_at": time.time(), "exit_code": None}
        self._record.note(**begun, processes=[], deaths=[], restarts=self._lives - 1)
        life = self._life = ServerProcess(self._folder, self._spec, self._secrets, self._moment)
        url = base_url(self._spec.get("host", ""), self._spec["port"])
        model, key = self._spec.get("served_as", ""), life.key or ""
        self._dog = Watchdog(url, model, key, self._watching, kick=_wake, works=life.has_new_processes)
        try:
            return self._stay(life)
        except BaseException:
            life.end_rest()
            raise
        finally:
            self._dog.close()

    def _token(self, life: int) -> str:
        """What names one life: who saw an earlier one generate has not seen this one."""
        token = str(self._spec.get("token", ""))
        return token if life == 1 else f"{token}.{life}"

    def _stay(self, life: ServerProcess) -> bool:
        self._record.say(pid=life.pid, started=process_table.started(life.pid), session=life.pid)
        if self._lives > 1:
            self._dog.begin(answered=False)
        while (fell := self._fallen(life)) is None:
            self._note(life)
            tick = _TICK_S if self._ready else _STARTING_TICK_S
            life.wait(min(tick, self._clock.seconds_left()))
            if life.asked:
                return self._stop(life)
            if server_folder.identity(self._folder) != self._home:
                return self._leave(life)
            if words := self._time_is_over():
                return self._end_in_time(life, words)
            server_log.cap(self._folder / server_folder.LOG)
        return self._fall(life, fell)

    def _fallen(self, life: ServerProcess) -> ServerFailure | None:
        """Whether this life is over, or no life any more."""
        if life.status is not None:
            return ServerFailure("died", "")
        late = time.monotonic() - life.began > float(self._spec.get("start_timeout_s", 600))
        if self._lives > 1 and not self._ready and late:
            return ServerFailure("unready", "After a restart it did not generate a token in time.")
        trouble = self._dog.trouble
        return ServerFailure(trouble.kind, trouble.words) if trouble and self._watching.restart else None

    def _fall(self, life: ServerProcess, fell: ServerFailure) -> bool:
        """Keep what explains it, end the rest and say so; whether it is to be started again.

        A first start that fails is left to anyone who waits for it.
        """
        known = self._lives > 1 or self._moment() == "serving"
        self._dog.close()
        noted = life.close_deaths()
        fell = fell.by_its_cause(noted, life.lost(), self._dog.well_at)
        words = fell.with_preceding(noted) or reason(
            life.pid, life.status or 0, noted, oom.hint(self._oom, oom.kills())
        )
        self._record.say(state="stopping", deaths=noted)
        if known:
            record = {"reason": words, "exit_code": life.status, "deaths": noted}
            self._falls.keep(self._spec, fell.kind, record, life.members(), ending=True)
            words = f"{words} {self._falls.lost}".rstrip()
        left = life.end_rest()
        if not known or left or life.asked or not self._falls.count():
            stayed = f" It is not restarted: {self._falls.why_not}" if known and not (left or life.asked) else ""
            self._finish(life, ServerStatus.FAILED, words + stayed, left)
            self._down = known and not life.asked
            return False
        self._clear_up(life)
        changes = {"pid": 0, "processes": [], "token": self._token(self._lives + 1), "incident": self._falls.incident}
        text = f"{words} It is restarted in {duration(self._falls.pause_s)}."
        self._record.say(state=ServerStatus.STARTING, reason=text, **changes)
        return True

    def _pause(self) -> bool:
        """Before the next life; whether there is to be one."""
        until = time.monotonic() + self._falls.pause_s
        while not self._life.asked and (left := until - time.monotonic()) > 0:
            self._life.wait(min(left, _TICK_S))
            if server_folder.identity(self._folder) != self._home:
                return False
        if self._life.asked:
            self._record.say(
                state=ServerStatus.STOPPED,
                reason="Stopped when asked, before it was started again.",
                ended_at=time.time(),
            )
        return not self._life.asked

    def _stop(self, life: ServerProcess, why: str = "Stopped when asked.") -> bool:
        patience = float(self._spec.get("stop_timeout_s", 30))
        self._record.say(state="stopping", asked_to_end=True, deaths=life.close_deaths())
        self._dog.close()
        # How it ended says nothing here: an engine may end itself by SIGKILL after a graceful stop.
        if not life.ask_to_end(patience):
            why = f"{why} It did not stop within {patience:.0f} s and was killed."
        self._finish(life, ServerStatus.STOPPED, why, life.end_rest())
        return False

    def _time_is_over(self) -> str:
        self._clock.reread(self._dog.used_at if self._ready and self._dog.looked else time.monotonic())
        return self._clock.over()

    def _end_in_time(self, life: ServerProcess, why: str) -> bool:
        self._stop(life, why)
        self._follow(why)
        return False

    def _outlive(self) -> None:
        """The machine is billed on while the server is down: what was to follow its time does so all the same."""
        down, fell, life = time.monotonic(), self._record["reason"], self._life
        while not life.asked and server_folder.identity(self._folder) == self._home:
            self._clock.reread(down)
            if not self._clock.set:
                return
            if words := self._clock.over():
                return self._follow(f"{fell} {words}")
            left = self._clock.seconds_left()
            if self._record["reason"] == fell:
                self._record.say(reason=f"{fell} The command of --then runs in {duration(left)}.")
            life.wait(min(_TICK_S, left))
        if life.asked:
            self._record.say(state="stopped", reason=f"{fell} Then it was stopped when asked.")

    def _follow(self, why: str) -> None:
        """Run what the user wants done once its time is over."""
        from installer.core.secrets import Redactor  # seldom needed

        if then := self._clock.wanted.then:
            clean = Redactor(self._secrets).text
            # Written down first: what the command does may end us as well.
            self._record.say(reason=clean(f"{self._record['reason']} Then `{' '.join(then)}` was started."))
            self._record.say(reason=clean(f"{why} {restarts.run_afterwards(then, self._outside)}"))

    def _leave(self, life: ServerProcess) -> bool:
        """The home was removed, or its volume went: this server could no longer be found or stopped."""
        import syslog

        left = life.end_rest()
        words = f"{self._folder} was removed, or its volume was unmounted: its server was stopped."
        syslog.syslog(syslog.LOG_WARNING, f"deploy-tui: {words}")
        self._finish(life, ServerStatus.FAILED, words, left)
        return False

    def _note(self, life: ServerProcess) -> None:
        """Write down who belongs to the server, for the case that someone kills us, and what there is to tell."""
        changes: dict[str, Any] = {"processes": life.processes(), "deaths": life.deaths()}
        if self._moment() == "serving" and not self._ready:
            self._begin_to_watch()
        if self._lives > 1 and not self._ready and self._dog.answered:
            self._come_back(life)
            changes["reason"] = ""
        if (ends := len(changes["deaths"]) + len(life.lost())) > self._ends:
            self._ends = ends
            self._dog.probe_now()
        if fault := cause(changes["deaths"], memory_ran_out=False):
            changes["reason"] = sentence(fault)
        changes |= self._trouble(life)
        changes["unjudged"] = self._dog.unjudged
        self._record.write_changes(changes, self._clock.end_times())

    def _begin_to_watch(self) -> None:
        """Anyone who started it has seen it generate."""
        self._ready = True
        self._dog.begin(answered=True)

    def _come_back(self, life: ServerProcess) -> None:
        """It generates again, which only this process has seen."""
        self._ready = True
        seconds = round(time.monotonic() - life.began, 1)
        file = self._folder / server_folder.READY
        earlier = report_from_json((server_folder.read_json(file) or {}).get("report"))
        body = {"token": self._record["token"], "ready_seconds": seconds}
        server_folder.write_json(file, body | ({"report": asdict(earlier.prediction())} if earlier else {}))
        self._falls.back()
        if earlier:
            restarts.report_start(self._folder)

    def _trouble(self, life: ServerProcess) -> dict[str, Any]:
        """What is said of a server that froze and is not to be started again; it may come to itself."""
        trouble = self._dog.trouble
        if bool(trouble) == self._troubled:
            return {}
        self._troubled = bool(trouble)
        if trouble is None:
            return {"reason": ""}
        self._falls.keep(self._spec, trouble.kind, {"reason": trouble.words}, life.members(), ending=False)
        return {"reason": f"{trouble.words} {self._falls.lost}".rstrip(), "incident": self._falls.incident}

    def _moment(self) -> str:
        """How far the server has come: it loads, its first token was requested, it serves."""
        if self._ready:
            return "serving"
        seen = server_folder.read_json(self._folder / server_folder.READY) or {}
        if seen and seen.get("token") == self._record["token"]:
            return "serving"
        ports = () if self._listened else listeners.ports() or ()
        self._listened = self._listened or self._spec.get("port") in ports
        return "first token" if self._listened else "loading"

    def _finish(self, life: ServerProcess, state: str, reason: str, left: list[str]) -> None:
        self._clear_up(life)
        if left:
            reason += f" Even SIGKILL did not end {', '.join(left)}."
        changes = {"processes": life.processes(), "incident": self._falls.incident}
        self._record.say(state=state, exit_code=life.status, reason=reason, ended_at=time.time(), **changes)

    def _clear_up(self, life: ServerProcess) -> None:
        clean_up(self._spec)
        life.close()


def _wake() -> None:
    """There is news: the wait for a signal ends."""
    os.kill(os.getpid(), signal.SIGCHLD)
