"""One server that can be asked, and its replies as values. Never raises for what the server or the network does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from installer.core.contracts.host import Answer, Host
from installer.core.contracts.serving import LaunchSpec
from installer.core.text.plain import clean

ANSWER_S = 180.0
Messages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Reply:
    answer: Answer
    body: Mapping[str, Any]

    @property
    def choice(self) -> Mapping[str, Any]:
        choices = self.body.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else {}
        return first if isinstance(first, Mapping) else {}

    @property
    def message(self) -> Mapping[str, Any]:
        message = self.choice.get("message")
        return message if isinstance(message, Mapping) else {}

    @property
    def ok(self) -> bool:
        return self.answer.ok and bool(self.choice)

    @property
    def text(self) -> str:
        """What it says to a person: the content of a chat, or the text of a completion."""
        content = self.message.get("content") if self.message else self.choice.get("text")
        return content if isinstance(content, str) else ""

    @property
    def reasoning(self) -> str:
        """What it thought first, where that comes apart from what it says."""
        said = self.message.get("reasoning_content") or self.message.get("reasoning")
        return said if isinstance(said, str) else ""

    @property
    def only_reasoned(self) -> bool:
        """Whether it came to the end of its tokens before it began to answer."""
        return self.finish == "length" and bool(self.reasoning) and not self.text and not self.calls

    @property
    def finish(self) -> str:
        return str(self.choice.get("finish_reason") or "")

    @property
    def prompt_tokens(self) -> int:
        return self._used("prompt_tokens")

    @property
    def answer_tokens(self) -> int:
        return self._used("completion_tokens")

    @property
    def calls(self) -> list[Mapping[str, Any]]:
        """The tools that it calls, as an answer of this interface names them."""
        calls = self.message.get("tool_calls")
        return [call for call in calls if isinstance(call, Mapping)] if isinstance(calls, list) else []

    @property
    def refusal(self) -> str:
        """What it said instead of an answer."""
        status = f"HTTP {self.answer.status}: " if self.answer.status else ""
        return f"{status}{clean(self.answer.body).strip()[:300] or 'nothing'}"

    def _used(self, what: str) -> int:
        usage = self.body.get("usage")
        value = usage.get(what) if isinstance(usage, Mapping) else None
        return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True)
class Server:
    """The server of a launch, and what it is asked through."""

    host: Host
    spec: LaunchSpec

    def chat(self, messages: Messages | str, **more: Any) -> Reply:
        turns = [{"role": "user", "content": messages}] if isinstance(messages, str) else list(messages)
        return self.post("/v1/chat/completions", {"messages": turns, "temperature": 0, **more})

    def complete(self, prompt: str, **more: Any) -> Reply:
        return self.post("/v1/completions", {"prompt": prompt, "temperature": 0, **more})

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        asked = {"model": self.spec.served_as, **body}
        answer = self.host.post(f"{self.spec.url}{path}", asked, timeout_s=ANSWER_S, key_file=self.spec.key_file)
        return read(answer)

    def listed_context(self) -> int | None:
        """The longest context that it states of itself."""
        answer = self.host.get(f"{self.spec.url}/v1/models", key_file=self.spec.key_file)
        models = read(answer).body.get("data")
        found = models[0].get("max_model_len") if isinstance(models, list) and models else None
        return found if isinstance(found, int) else None


def read(answer: Answer) -> Reply:
    try:
        body = json.loads(answer.body) if answer.ok else {}
    except (ValueError, RecursionError):
        body = {}
    # Some engines rank in a list, some in an object.
    return Reply(answer, body if isinstance(body, dict) else {"results": body})
