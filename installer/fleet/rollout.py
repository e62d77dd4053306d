"""`up`: all hosts checked first, then wave after wave, each proved; a wave that fails is rolled back as one.

It must never touch a host before all were checked, nor continue after a wave that was not proved.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from installer.core import threads
from installer.core.errors import DeployError
from installer.core.outcomes import Verdict
from installer.core.text.plain import clean
from installer.fleet import rank_assignment
from installer.fleet.acceptance import passed, proved
from installer.fleet.bundle_sharing import Sharing
from installer.fleet.outcome import Outcome, State
from installer.fleet.remote import Remote
from installer.fleet.router import FleetRouter
from installer.host.ssh import LinkError

Tell = Callable[[str], None]
_AT_ONCE = 32
_STATES = {Verdict.WORKS: State.WORKS, Verdict.FAILS: State.REFUSED, Verdict.UNKNOWN: State.UNKNOWN}


def each(remotes: Sequence[Remote], ask: Callable[[Remote], Outcome]) -> list[Outcome]:
    """The same of many hosts at once; a host that cannot be asked is an outcome, too."""
    found: dict[str, Outcome] = {}
    slots = threading.Semaphore(_AT_ONCE)

    def work(remote: Remote) -> None:
        with slots:
            found[remote.host.name] = _outcome(remote, ask)

    # Not a pool: anyone who interrupts does not wait for hosts that do not answer.
    for thread in [threads.begin(partial(work, remote), remote.host.name) for remote in remotes]:
        thread.join()
    return [replace(found[one.host.name], message=clean(found[one.host.name].message)) for one in remotes]


def _outcome(remote: Remote, ask: Callable[[Remote], Outcome]) -> Outcome:
    try:
        return ask(remote)
    except LinkError as error:
        return Outcome(remote.host.name, State.UNREACHED, _in_a_line(error))
    except DeployError as error:
        return Outcome(remote.host.name, State.FAILED, _in_a_line(error))
    except (KeyError, TypeError, ValueError) as error:
        message = f"The answer of its deploy-tui is not understood ({error!r}). Use the same version there as here."
        return Outcome(remote.host.name, State.FAILED, message)


def _in_a_line(error: DeployError) -> str:
    return " ".join(part for part in (error.what, error.why, error.fix) if part)


def plan(remote: Remote) -> Outcome:
    """Checked there, by the host's own facts, indexes and disks; changes nothing but the tool's cache."""
    remote.status()
    code, body = remote.document("plan", *remote.deployment())
    if "verdict" not in body:
        raise DeployError(f"plan ended with {code} there.", "", "Try it there by hand.")
    return assessed(remote, body)


def assessed(remote: Remote, body: Mapping[str, Any]) -> Outcome:
    """What a plan in JSON says of a host."""
    blockers = [one["summary"] for one in body["findings"] if one["severity"] == "blocker"]
    state = _STATES[Verdict(body["verdict"])]
    return Outcome(remote.host.name, state, " ".join(blockers), {"recipe": body["recipe"], "verdict": body["verdict"]})


@dataclass
class Rollout:
    remotes: Sequence[Remote]
    share: int
    tell: Tell
    router: FleetRouter | None = None
    assessed_by: Callable[[Remote], Outcome] = plan
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    sharing: Sharing = field(default_factory=Sharing)
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    def assess(self) -> list[Outcome]:
        """All hosts, before anything is fetched on one."""
        return each([*self.remotes, *([self.router.remote()] if self.router else [])], self.assessed_by)

    def up(self, remotes: Sequence[Remote]) -> bool:
        """Whether all these serve and are proved. `outcomes` says what became of each."""
        try:
            return self._up(remotes)
        finally:
            self.sharing.end()

    def _up(self, remotes: Sequence[Remote]) -> bool:
        self.outcomes = {one.host.name: Outcome(one.host.name, State.WAITING) for one in remotes}
        if self.router:
            self.router.read_state()
        for number, wave in enumerate(rank_assignment.waves(remotes, self.share), 1):
            self.tell(f"Wave {number}: {', '.join(one.host.name for one in wave)}")
            self._raise(wave)
            if any(self.outcomes[one.host.name].state != State.UP for one in wave) or not self._opened(wave, number):
                self.tell(f"Wave {number} failed and is rolled back.")
                self._roll_back(wave)
                return False
        return True

    def _raise(self, wave: Sequence[Remote]) -> None:
        """Bring up a wave. The ranks of one model start together, once all of them have the same."""
        if all(one.assignment.ranks == 1 for one in wave):
            self._note(each(wave, self._raised))
            return
        self._note(each(wave, partial(self._carried_out, stages="1-9", id="hold")))
        if all(self.outcomes[one.host.name].state == State.HELD for one in wave):
            for one in wave:
                self._leave(one.host.name)
            self._note(each(wave, partial(self._carried_out, stages="10", id="up")))

    def _note(self, outcomes: Sequence[Outcome]) -> None:
        for one in outcomes:
            self.outcomes[one.host] = one
            self.tell(f"  {one.host}: {one.state}{': ' if one.message else ''}{one.message}")

    def _raised(self, remote: Remote) -> Outcome:
        return self._carried_out(remote, stages="all", id="up")

    def _carried_out(self, remote: Remote, *, stages: str, id: str) -> Outcome:
        """Some stages there. The previous state is saved before the first, and what serves after the last is proved."""
        name, status = remote.host.name, remote.status()
        if stages != "10":
            remote.save(previous(status))
            if problem := self.sharing.transfer(remote):
                self.tell(f"  {name}: {problem}")
        if stages == "all":
            self._leave(name)
        if self.router:
            remote.take_key(self.router.key)
        words = ("--stage", stages, "--yes", "--json", *remote.deployment())
        code, message = remote.carry_out(f"{self.id}-{id}", words)
        if code != 0:
            return Outcome(name, State.FAILED, message, {"exit": code})
        if stages != "1-9":
            self.sharing.served(remote)
        return Outcome(name, State.HELD) if stages == "1-9" else self._admitted(remote)

    def _leave(self, name: str) -> None:
        """The router sends nothing more to that host, and it has answered what it was asked."""
        if self.router and (late := self.router.leave(name)):
            self.tell(f"  {name}: {late}, and is replaced anyway")

    def _admitted(self, remote: Remote) -> Outcome:
        """Proved, and behind the router."""
        outcome = passed(remote)
        if outcome.state == State.UP and self.router and (why := self.router.admit(remote)):
            return replace(outcome, state=State.FAILED, message=why)
        return outcome

    def _opened(self, wave: Sequence[Remote], number: int) -> bool:
        """Whether the router serves where one is wanted: it comes once there is something behind it."""
        if self.router is None or number > 1:
            return True
        model, router = str(wave[0].status()["server"]["model"]), self.router
        outcome = each([router.remote()], lambda _: router.deploy(self.id, model, proved))
        self._note(outcome)
        return outcome[0].state == State.UP

    def _roll_back(self, wave: Sequence[Remote]) -> None:
        failed = {one.host.name: self.outcomes[one.host.name] for one in wave}
        for back in each(wave, lambda remote: returned(remote, f"{self.id}-back", self.router)):
            why = failed[back.host]
            state = back.state if back.state == State.BACK else State.STUCK
            message = f"{why.message} {back.message}".strip() if why.state != State.UP else back.message
            self._note([Outcome(back.host, state, message, {"failed": why.state != State.UP})])


def previous(status: dict[str, Any]) -> dict[str, Any]:
    """The little that going back needs to know."""
    return {"generation": status["generation"], "server": status["server"]["state"]}


def returned(remote: Remote, id: str, router: FleetRouter | None) -> Outcome:
    """As it was before the last `up`, and behind the router again where it serves."""
    if router:
        router.leave(remote.host.name)
    outcome = rolled_back(remote, id)
    if router and outcome.state == State.BACK and (why := router.admit(remote)):
        return replace(outcome, state=State.STUCK, message=why)
    return outcome


def rolled_back(remote: Remote, id: str) -> Outcome:
    """The generation, the recipe and the server, as they were before the last `up`."""
    name, now = remote.host.name, remote.status()
    before = remote.restore()
    if before is None:
        return Outcome(name, State.BACK, "nothing was started there")
    if before["generation"] is not None and before["generation"] != now["generation"]:
        code = remote.ask("rollback", "--to", str(before["generation"])).code
        if code:
            return Outcome(name, State.STUCK, f"`rollback --to {before['generation']}` ended with {code} there")
    if before["server"] != "ready" or before["generation"] is None:
        code = remote.ask("server", "stop").code
        return Outcome(name, State.STUCK if code else State.BACK, "its server is stopped, as before")
    ended, message = remote.carry_out(id, ("--stage", "10", "--yes", "--json"))
    back = ended == 0
    return Outcome(name, State.BACK if back else State.STUCK, "it serves as before" if back else message)
