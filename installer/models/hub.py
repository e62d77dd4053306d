"""Asks the hub about a model: the list of its files and its small JSON documents, side by side. Fetches no weights.

The hub is the one that HF_ENDPOINT names. The token is that of HF_TOKEN and goes into a header, nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from installer.core.contracts.host import Answer, Host
from installer.core.files import foreign_json
from installer.core.plans.stack import ModelFacts
from installer.knowledge.tables import table
from installer.models.documents import WANTED, Documents, facts_of

_HUB = "https://huggingface.co"
_TIMEOUT_S = 5.0
_REFUSED = (401, 403)


@dataclass(frozen=True, slots=True)
class _Hub:
    host: Host
    endpoint: str
    token: str

    def get(self, path: str) -> Answer:
        headers = {"accept-encoding": "identity"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        return self.host.get(f"{self.endpoint}/{path}", timeout_s=_TIMEOUT_S, headers=headers)


def from_hub(name: str, host: Host, revision: str = "main") -> ModelFacts | None:
    """The facts of `org/name`; `None` if the hub did not answer.

    A model that the hub gives no access to has facts with nothing but `refused`, and `gated` where that is why.
    """
    environment = host.environment()
    endpoint = (environment.get("HF_ENDPOINT") or _HUB).rstrip("/")
    hub = _Hub(host, endpoint, environment.get("HF_TOKEN") or "")
    where = quote(name)
    paths = [f"api/models/{where}/revision/{quote(revision, safe='')}?blobs=true"]
    paths += [f"{where}/resolve/{quote(revision, safe='')}/{document}" for document in WANTED]
    with ThreadPoolExecutor(max_workers=len(paths)) as pool:
        listed, *answers = pool.map(hub.get, paths)
    return _facts(name, endpoint, bool(hub.token), listed, dict(zip(WANTED, answers, strict=True)))


def _facts(name: str, endpoint: str, known: bool, listed: Answer, answers: Mapping[str, Answer]) -> ModelFacts | None:
    about = _object(listed) or {}
    gated = bool(about["gated"]) if "gated" in about else None
    documents = {file: document for file, answer in answers.items() if (document := _object(answer)) is not None}
    if documents:
        read = Documents(documents, _files(about))
        facts = facts_of(name, f"the hub ({endpoint}/{name})", read)
        return replace(facts, gated=gated, licence=_licence(about), task=_task(about) or facts.task)
    # A file that is not there (404) says nothing of the model: others describe themselves in other files.
    refused = [answer for answer in (listed, *answers.values()) if answer.status in _REFUSED]
    refusal = listed if listed.status == 404 else next(iter(refused), None)
    if refusal is None:
        files = _files(about)
        return ModelFacts(name, f"the hub ({endpoint}/{name})", gated=gated, files=tuple(files)) if files else None
    hidden = gated or _code(refusal) == "GatedRepo"
    return ModelFacts(
        name, f"the hub ({endpoint}/{name})", gated=True if hidden else gated, refused=_words(refusal, hidden, known)
    )


def _licence(about: Mapping[str, Any]) -> str:
    """As its page names it, such as "apache-2.0"; empty if it does not."""
    card = about.get("cardData")
    stated = card.get("license") if isinstance(card, dict) else None
    tags = about.get("tags")
    tagged = next((tag[8:] for tag in tags if isinstance(tag, str) and tag.startswith("license:")), "") if isinstance(
        tags, list) else ""  # fmt: skip
    found = stated if isinstance(stated, str) else tagged
    return found if len(found) < 80 and found.isprintable() else ""


def _task(about: Mapping[str, Any]) -> str:
    """What its page says that it is for, where that is not writing text."""
    tag = about.get("pipeline_tag")
    return next((str(row["task"]) for row in table("parsers")["tags"] if row["tag"] == tag), "")


def _words(refusal: Answer, gated: bool, with_token: bool) -> str:
    token = "with the token of HF_TOKEN" if with_token else "without a token"
    why = "the model is gated" if gated else "there is no such model, or it is private"
    return f"{why} (HTTP {refusal.status} {token})"


def _files(about: Mapping[str, Any]) -> dict[str, int | None] | None:
    """Each file's size, as the hub lists it; `None` if it did not."""
    listed = about.get("siblings")
    if not isinstance(listed, list):
        return None
    files = [one for one in listed if isinstance(one, dict) and isinstance(one.get("rfilename"), str)]
    return {one["rfilename"]: one["size"] if isinstance(one.get("size"), int) else None for one in files}


def _object(answer: Answer) -> Mapping[str, Any] | None:
    if not answer.ok:
        return None
    try:
        document = foreign_json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _code(answer: Answer) -> str:
    return next((value for key, value in (answer.headers or {}).items() if key.lower() == "x-error-code"), "")
