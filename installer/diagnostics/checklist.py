"""The checklist of a deployment: does the server answer, and is the client set for it? Pure over what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from installer.core.outcomes import ServerStatus
from installer.diagnostics.client_settings import ClientSettings
from installer.knowledge.tables import table


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the list."""

    title: str
    done: bool | None
    """`None`: it could not be checked."""
    remark: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Observations:
    """What was checked."""

    state: ServerStatus
    """Of this home's server."""
    url: str = ""
    served: tuple[str, ...] = ()
    """What `/v1/models` of this home's server lists."""
    environment: Mapping[str, str] | None = None
    """Variables of the client's .env file; `None`: none was given."""
    endpoint_models: tuple[str, ...] | None = None
    """What `/v1/models` of the client's own endpoint lists; `None`: it did not answer, or was not asked."""


def checklist(observed: Observations, client: ClientSettings | None) -> list[Tick]:
    """Every line, done or not."""
    return [*_server(observed), *_endpoint(observed), *_client(client)]


def _server(observed: Observations) -> Iterator[Tick]:
    runs = observed.state == ServerStatus.READY
    yield Tick(
        "The server runs", runs, f"{observed.state} {observed.url}".strip(), "" if runs else "deploy-tui server start"
    )
    listed = ", ".join(observed.served)
    yield Tick(
        "The endpoint answers /v1/models", bool(observed.served), listed, "" if listed else "deploy-tui server logs"
    )


def _endpoint(observed: Observations) -> Iterator[Tick]:
    named = table("clients")["environment"]
    if observed.environment is None:
        for title in (f"{named['endpoint']} is set", f"{named['model']} is the served model"):
            yield Tick(title, None, "no .env file was given", "deploy-tui checklist --env .env")
        return
    endpoint, model = (observed.environment.get(named[one], "") for one in ("endpoint", "model"))
    is_url = urlsplit(endpoint).scheme in ("http", "https") and bool(urlsplit(endpoint).netloc)
    answers = observed.endpoint_models is not None
    fix = "" if is_url and answers else f"{named['endpoint']}={observed.url or 'http://HOST:PORT'}/v1"
    remark = endpoint if answers else f"{endpoint} does not answer" if is_url else endpoint or "not set"
    yield Tick(f"{named['endpoint']} is set, and answers", is_url and answers, remark, fix)
    known = observed.endpoint_models or observed.served
    right = model in known if known else None
    fix = "" if right or not known else f"{named['model']}={known[0]}"
    yield Tick(f"{named['model']} is the served model", right if model else False, model or "not set", fix)


def _client(client: ClientSettings | None) -> Iterator[Tick]:
    if client is None:
        for title in _CLIENT_LINES:
            yield Tick(title, None, "no client settings were given", "deploy-tui checklist profile_llm.json")
        return
    values: Sequence[tuple[object, bool | None, str]] = (
        (client.structured, client.structured, '"use_structured_output": true'),
        (client.supported, client.supported, '"supports_structured_output": true'),
        (client.temperature, None if client.temperature is None else client.temperature == 0, '"temperature": 0.0'),
    )
    for title, (value, done, fix) in zip(_CLIENT_LINES, values, strict=True):
        yield Tick(title, bool(done), "not set" if value is None else str(value), "" if done else fix)


_CLIENT_LINES = (
    "The client asks for structured output",
    "The client's limits allow structured output",
    "The temperature is 0 for JSON",
)
