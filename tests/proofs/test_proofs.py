"""Every proof against a real small server: kept promises are proved, and each broken one is found."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from installer.core.contracts.serving import LaunchSpec
from installer.core.proofs import Expectation, Promises, Proof, ProofStatus, Reference
from installer.core.runs.home import Home
from installer.host import serving
from installer.host.local import LocalHost
from installer.proofs import run, sense
from installer.proofs.promises import promised
from installer.proofs.server_client import Server
from tests.stand_ins.deployment import free_port

SERVER = Path(__file__).parents[1] / "stand_ins" / "openai_server.py"
ALL = ("--tool-call-parser=hermes", "--reasoning-parser=think", "--max-model-len=600", "--max-num-seqs=8")
KNOWN = Reference(
    "another engine", tuple(Expectation(kind, "Go on", {"The": -0.2, "A": -2.5}) for kind in ("text",) * 4)
)
Serve = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts the small server with those words; as its launch is, so its promises are read."""
    homes: list[Home] = []

    def start(*words: str) -> Server:
        home, port = Home(tmp_path / str(len(homes))), free_port()
        home.root.mkdir()
        command = (sys.executable, str(SERVER), "--port", str(port), "--model", "m", *words)
        spec = LaunchSpec(command, "127.0.0.1", port, "m", "tiny", "mini", "vllm")
        host = LocalHost(home.cache)
        homes.append(home)
        host.launch_server(home, spec)
        while not host.get(f"{spec.url}/v1/models").ok:
            time.sleep(0.02)
        return Server(host, spec)

    yield start
    for home in homes:
        serving.stop(home, 1)


def asked(server: Server, reference: Reference | None = KNOWN) -> dict[str, Proof]:
    promises = promised(server.spec, (), server.listed_context())
    return {proof.name: proof for proof in run.prove(server, promises, lambda: (reference, "none is kept"))}


def test_what_is_promised_and_kept_is_proved(serve: Serve) -> None:
    found = asked(serve(*ALL))
    assert {name for name, proof in found.items() if proof.status == ProofStatus.PROVED} == {
        "tool call", "tool choice", "reasoning", "stop words", "logprobs", "long prompt", "burst", "sense",
    }  # fmt: skip
    assert "23 degrees" in found["tool call"].said
    assert found["long prompt"].figures["tokens"] >= 0.9 * 600
    assert found["burst"].figures["requests"] == 8


def test_what_is_not_promised_is_said_to_be_that(serve: Serve) -> None:
    found = asked(serve(), reference=None)
    silent = {name for name, proof in found.items() if proof.status == ProofStatus.NOT_PROMISED}
    assert silent == {"tool call", "tool choice", "reasoning", "burst", "embeddings", "rerank"}
    assert found["long prompt"].status == ProofStatus.PROVED, "what /v1/models states is a promise, too"
    assert (found["sense"].status, found["sense"].said) == (ProofStatus.UNKNOWN, "none is kept")


@pytest.mark.parametrize(
    ("fault", "name", "status", "says"),
    [
        ("calls-as-text", "tool choice", ProofStatus.FAILED, "was returned as text (<tool_call>)"),
        ("shy", "tool choice", ProofStatus.UNKNOWN, "did not call"),
        ("mute", "tool call", ProofStatus.FAILED, "Neither a call nor text was returned."),
        ("misshapen-calls", "tool call", ProofStatus.PROVED, "only with the tool marked strict"),
        ("misshapen-calls", "tool choice", ProofStatus.FAILED, "do not fit the schema"),
        ("speechless", "tool call", ProofStatus.FAILED, "generated nothing"),
        ("no-stop", "stop words", ProofStatus.FAILED, "continues after"),
        ("no-logprobs", "logprobs", ProofStatus.FAILED, "without the requested"),
        ("reasons-on", "tool call", ProofStatus.PROVED, "used the tool's result"),
        ("reasons-on", "tool choice", ProofStatus.PROVED, "by itself"),
        ("always-reasons", "tool call", ProofStatus.UNKNOWN, "still reasoning after 1,024 tokens"),
        ("always-reasons", "tool choice", ProofStatus.UNKNOWN, "still reasoning after 1,024 tokens"),
        ("thinks-aloud", "reasoning", ProofStatus.FAILED, "<think>"),
        ("cuts-prompts", "long prompt", ProofStatus.FAILED, "truncates prompts"),
        ("short-context", "long prompt", ProofStatus.FAILED, "maximum context length"),
        ("loses-some", "burst", ProofStatus.FAILED, "1 of 8 requests"),
        ("wrong-tokens", "sense", ProofStatus.FAILED, "comes 'A', expected 'The'"),
    ],
)
def test_a_promise_that_is_not_kept_is_found(serve: Serve, fault: str, name: str, status: str, says: str) -> None:
    proof = asked(serve(*ALL, f"--fault={fault}"))[name]
    assert proof.status == status, proof
    assert says in proof.said


@pytest.mark.parametrize(
    ("faults", "status"), [((), ProofStatus.PROVED), (("--fault=flat-vectors",), ProofStatus.UNKNOWN)]
)
def test_a_model_for_embeddings_is_asked_for_vectors_alone(serve: Serve, faults: tuple[str, ...], status: str) -> None:
    found = asked(serve("--runner=pooling", *faults))
    assert found.pop("embeddings").status == status
    assert {proof.status for proof in found.values()} == {ProofStatus.NOT_PROMISED}


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        ((), ProofStatus.PROVED),
        (("--fault=ranks-in-a-list",), ProofStatus.PROVED),
        (("--fault=flat-vectors",), ProofStatus.UNKNOWN),
    ],
)
def test_a_model_that_ranks_is_asked_to_rank_alone(serve: Serve, faults: tuple[str, ...], status: str) -> None:
    ranking = '{"architectures": ["Qwen3ForSequenceClassification"]}'
    found = asked(serve("--runner=pooling", "--hf-overrides", ranking, *faults))
    assert found.pop("rerank").status == status
    assert {proof.status for proof in found.values()} == {ProofStatus.NOT_PROMISED}


def test_a_server_that_is_gone_is_unknown_and_blamed_for_nothing(serve: Serve) -> None:
    server = serve(*ALL)
    serving.stop(Home(Path(server.host._cache).parent), 1)  # type: ignore[attr-defined]
    statuses = {proof.status for proof in asked(server).values()}
    assert statuses <= {ProofStatus.UNKNOWN, ProofStatus.NOT_PROMISED}


def test_what_is_not_begun_in_time_is_unknown(serve: Serve) -> None:
    server = serve()
    found = list(run.prove(server, Promises(), lambda: (KNOWN, ""), patience_s=-1))
    assert {proof.status for proof in found} == {ProofStatus.UNKNOWN}
    assert len(found) == len(run.PROOFS) + 1


def test_the_sense_of_random_weights_is_not_judged(serve: Serve) -> None:
    server = serve("--fault=wrong-tokens")
    server = Server(server.host, replace(server.spec, stand_in=True))
    assert asked(server)["sense"].status == ProofStatus.UNKNOWN


def test_what_random_weights_say_tells_nothing_of_a_parser(serve: Serve) -> None:
    server = serve(*ALL, "--fault=mute")
    found = asked(Server(server.host, replace(server.spec, stand_in=True)))["tool call"]
    assert found.status == ProofStatus.UNKNOWN and "Its weights are random" in found.said and not found.fix


@pytest.mark.parametrize(
    ("seen", "same"),
    [
        ({"The": -0.3, "A": -2.0}, True),
        ({"A": -0.5, "The": -0.9}, True),  # a near tie, turned over
        ({"It": -0.1, "The": -3.0}, False),
        ({"The": -0.1, "A": -9.0, "An": -8.0}, False),  # the first agrees, and the rest is far off
    ],
)
def test_near_ties_are_the_same_and_other_words_are_not(seen: dict[str, float], same: bool) -> None:
    expected = Expectation("text", "Go on", {"The": -0.6, "A": -1.0, "An": -3.0})
    assert (sense.differs(expected, seen) == "") is same


def test_a_template_that_does_not_fit_is_found_by_the_chats_alone(serve: Serve) -> None:
    chats = tuple(Expectation("chat", "Go on", {"It": -0.1}) for _ in range(2))
    mixed = replace(KNOWN, prompts=(*KNOWN.prompts, *KNOWN.prompts, *chats))
    found = asked(serve(), mixed)["sense"]
    assert found.status == ProofStatus.FAILED and "8 of 10" in found.said


def test_one_prompt_of_many_that_differs_is_unknown(serve: Serve) -> None:
    other = Expectation("text", "Go on", {"It": -0.1})
    mixed = replace(KNOWN, prompts=(*KNOWN.prompts, other))
    assert asked(serve(), mixed)["sense"].status == ProofStatus.UNKNOWN
