"""Every server of a script is checked, and a script that starts none is never said to work."""

from __future__ import annotations

from installer.core.plans.plan import Plan
from installer.core.plans.procedure import Launch, NotFollowed, Procedure
from installer.session import servers


def plan(*missed: NotFollowed, findings: tuple = ()) -> Plan:  # type: ignore[type-arg]
    return Plan("s", "m", "2026-11-21", (), findings, script="s.sh", not_followed=missed)


def test_a_piece_that_was_not_followed_leaves_the_verdict_open() -> None:
    assert plan().verdict == "works"
    assert plan(NotFollowed(7, "make serve", "what make starts is not followed")).verdict == "unknown"


def test_no_server_is_no_yes() -> None:
    found = tuple(servers.none(Procedure("s")))
    assert [(one.code, one.severity) for one in found] == [("no-server", "probe")]
    assert plan(findings=found).verdict == "unknown"
    assert not tuple(servers.none(Procedure("s", steps=(Launch(10, 1, engine="vllm"),))))
