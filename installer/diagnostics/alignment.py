"""Whether a client and a server fit each other, line by line. Pure; what neither says is unknown, not fine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from installer.core.outcomes import Agreement
from installer.diagnostics.client_settings import ClientSettings
from installer.knowledge.engines import definitions

_NEARLY_FULL = 0.9


@dataclass(frozen=True, slots=True)
class ServerView:
    """What a running or planned server offers. `None`: not known."""

    source: str
    """Where this comes from: "the running server", or "the recipe NAME"."""
    context_tokens: int | None = None
    structured: bool | None = None
    """Whether answers can be forced into a JSON schema."""
    backend: str | None = None
    """What forces them, such as "xgrammar"."""
    models: tuple[str, ...] = ()
    """The names that it answers to."""
    tools: bool | None = None
    """Whether tool calls come back as calls."""
    paths: tuple[str, ...] | None = None
    """What it can be asked at."""


@dataclass(frozen=True, slots=True)
class Row:
    parameter: str
    client: str
    server: str
    status: Agreement
    remark: str
    fix: str = ""


def compare(client: ClientSettings, server: ServerView) -> list[Row]:
    """One row for each thing that client and server must agree on."""
    return [row for check in _CHECKS for row in check(client, server)]


def _context(client: ClientSettings, server: ServerView) -> Iterator[Row]:
    if client.chunk_tokens is None:
        return
    parts = [client.chunk_tokens, client.overhead_tokens or 0, client.output_tokens or 0]
    words = " + ".join(f"{part:,}" for part in parts if part)
    needed, window = sum(parts), server.context_tokens
    asked = f"{words} = {needed:,}" if " + " in words else words
    if window is None:
        yield Row("context", asked, "not known", Agreement.UNKNOWN, "The server's context is not known.")
        return
    share = f"{needed / window:.0%} of it is used"
    if needed > window:
        most = window - sum(parts[1:])
        fix = f"Make chunks of at most {most:,} tokens, or serve a context of {needed:,}."
        if most <= 0:
            fix = f"Serve a context of at least {needed:,}: overhead and answer alone do not fit."
        yield Row("context", asked, f"{window:,}", Agreement.PROBLEM, "Prompt and answer do not fit.", fix)
    elif needed > _NEARLY_FULL * window:
        yield Row("context", asked, f"{window:,}", Agreement.WARNING, f"Nearly full: {share}.", "Make smaller chunks.")
    else:
        yield Row("context", asked, f"{window:,}", Agreement.OK, f"Fits: {share}.")


def _group(client: ClientSettings, server: ServerView) -> Iterator[Row]:
    if client.group_tokens is None or client.chunk_tokens is None:
        return
    if client.group_tokens > client.chunk_tokens:
        fix = "Make the group no larger than a chunk."
        status, remark = Agreement.WARNING, "Groups are larger than the largest chunk, so they are cut again."
        yield Row("group", f"{client.group_tokens:,}", "-", status, remark, fix)
    else:
        yield Row(
            "group", f"{client.group_tokens:,}", "-", Agreement.OK, f"Below the chunk of {client.chunk_tokens:,}."
        )


def _output(client: ClientSettings, server: ServerView) -> Iterator[Row]:
    if client.output_tokens is None:
        yield Row("max output", "not stated", "-", Agreement.WARNING,
                  "Without a limit an answer may be cut off or never end.", "Set max_output_tokens.")  # fmt: skip
    elif server.context_tokens is not None and client.output_tokens >= server.context_tokens:
        yield Row("max output", f"{client.output_tokens:,}", f"{server.context_tokens:,}", Agreement.PROBLEM,
                  "The answer alone fills the context.", "Lower max_output_tokens.")  # fmt: skip
    else:
        yield Row("max output", f"{client.output_tokens:,}", "-", Agreement.OK, "Within the context.")


def _temperature(client: ClientSettings, server: ServerView) -> Iterator[Row]:
    if client.temperature is None:
        yield Row("temperature", "not stated", "-", Agreement.WARNING, "The server's own default is not 0.",
                  "Set the temperature to 0.0 for answers that can be repeated.")  # fmt: skip
    elif client.temperature == 0:
        yield Row("temperature", "0.0", "-", Agreement.OK, "Deterministic.")
    else:
        status = Agreement.WARNING if client.structured else Agreement.OK
        fix = "Set it to 0.0 for JSON." if client.structured else ""
        yield Row(
            "temperature", f"{client.temperature:g}", "-", status, "Answers vary from one request to the next.", fix
        )


def _structured(client: ClientSettings, server: ServerView) -> Iterator[Row]:
    wants, offers = client.structured, server.structured
    shown = {True: server.backend or "yes", False: "no", None: "not known"}[offers]
    if wants is None:
        return
    if not wants:
        status, fix = (Agreement.WARNING, "Set use_structured_output to true.") if offers else (Agreement.OK, "")
        remark = "The server supports structured output." if offers else "The client does not request it."
        yield Row("structured output", "no", shown, status, remark, fix)
    elif client.supported is False:
        yield Row("structured output", "json_schema", shown, Agreement.PROBLEM,
                  "The client's own settings say that it is not supported, so it is not used.",
                  "Set supports_structured_output to true.")  # fmt: skip
    elif offers is False:
        yield Row("structured output", "json_schema", "no", Agreement.PROBLEM,
                  "The server does not support structured output.",
                  f"Start it with a grammar backend ({_grammar_flags()}).")  # fmt: skip
    else:
        yield Row("structured output", "json_schema", shown, Agreement.OK if offers else Agreement.UNKNOWN,
                  "Aligned." if offers else "Whether the server can is not known.")  # fmt: skip


def _grammar_flags() -> str:
    flags = ((engine.title, engine.flag("grammar")) for engine in definitions.engines().values())
    return ", ".join(f"{title}: {flag}" for title, flag in flags if flag)


def _backend(client: ClientSettings, server: ServerView) -> Iterator[Row]:
    if client.backend is None or server.structured is False:
        return
    if server.backend is None or server.backend == "auto":
        remark = "The server chooses its backend by itself." if server.backend else "The server's backend is not known."
        yield Row("backend", client.backend, server.backend or "not known", Agreement.UNKNOWN, remark)
    elif client.backend == server.backend:
        yield Row("backend", client.backend, server.backend, Agreement.OK, "Aligned.")
    else:
        yield Row("backend", client.backend, server.backend, Agreement.WARNING,
                  "The server decides; the client's setting has no effect.",
                  f"Start the server with {client.backend}, or correct the client.")  # fmt: skip


def _model(client: ClientSettings, server: ServerView) -> Iterator[Row]:
    if client.model is None:
        return
    names = ", ".join(server.models)
    if not server.models:
        yield Row("model", client.model, "not known", Agreement.UNKNOWN, "The server's name of the model is not known.")
    elif client.model in server.models:
        yield Row("model", client.model, names, Agreement.OK, "The same name.")
    else:
        fix = f"Ask for {server.models[0]}, or start the server with --set model.served_as={client.model}."
        yield Row(
            "model", client.model, names, Agreement.PROBLEM, "The server refuses requests with another name.", fix
        )


def _tools(client: ClientSettings, server: ServerView) -> Iterator[Row]:
    if not client.tools:
        return
    if server.tools is None:
        yield Row("tools", "yes", "not known", Agreement.UNKNOWN, "Whether tool calls are parsed is not known.",
                  "Test it: deploy-tui server prove.")  # fmt: skip
    elif server.tools:
        yield Row("tools", "yes", "yes", Agreement.OK, "Tool calls come back as calls.")
    else:
        yield Row("tools", "yes", "no", Agreement.PROBLEM,
                  "Tool calls arrive as text, and this client will not see them.",
                  "Start the server with the parser of its model: --tool-call-parser.")  # fmt: skip


def _interface(client: ClientSettings, server: ServerView) -> Iterator[Row]:
    path = client.interface
    if path is None:
        return
    if server.paths is None:
        yield Row("interface", path, "not known", Agreement.UNKNOWN, "The server does not list its endpoints.")
    elif path in server.paths:
        yield Row("interface", path, path, Agreement.OK, "The server has it.")
    else:
        yield Row("interface", path, "does not exist", Agreement.PROBLEM,
                  "The server lacks an endpoint that this client calls.",
                  "Put a gateway between them, such as LiteLLM: deploy-tui server connect litellm.")  # fmt: skip


_CHECKS: tuple[Callable[[ClientSettings, ServerView], Iterator[Row]], ...] = (
    _context, _group, _output, _temperature, _structured, _backend, _model, _tools, _interface,
)  # fmt: skip
