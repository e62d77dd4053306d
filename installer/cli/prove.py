"""`server prove`: asks the running server for everything that it promises, and says of each promise what came of it."""

from __future__ import annotations

import argparse

from installer.cli import streams
from installer.cli.requests import home_of
from installer.core.errors import ExitCode
from installer.core.proofs import Proof, ProofStatus, in_words
from installer.core.text.languages import translated

_COLOURS = {
    ProofStatus.PROVED: "green",
    ProofStatus.FAILED: "red",
    ProofStatus.UNKNOWN: "yellow",
    ProofStatus.NOT_PROMISED: "dim",
}


def prove(options: argparse.Namespace) -> int:
    """Serve `server prove`."""
    from installer.host.local import LocalHost
    from installer.session.proving import prove_running

    home = home_of(options)
    report = _not_printed if options.json else show
    proven = prove_running(home, LocalHost(home.cache), tell=lambda name: streams.say(f"{name} …"), report=report)
    if options.json:
        streams.document({"schema": 1, **proven.to_json()})
    else:
        streams.say(f"{in_words(proven)}.")
    if proven.of(ProofStatus.FAILED):
        return int(ExitCode.FAILED)
    return int(ExitCode.UNKNOWN if options.strict and proven.of(ProofStatus.UNKNOWN) else ExitCode.OK)


def show(proof: Proof) -> None:
    """One proof, as a line or two."""
    mark = streams.paint(f"{proof.status:<12}", _COLOURS[proof.status], error=False)
    streams.data(f"{mark}  {proof.name:<12}  {translated(proof.said)}")
    if proof.fix and proof.status != ProofStatus.PROVED:
        streams.data(f"{'':<28}{translated(proof.fix)}")


def _not_printed(proof: Proof) -> None:
    """Where the whole is one document at the end."""
