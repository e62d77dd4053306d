"""Fetching models by name: `huggingface-cli download`, `hf download`. Runs nothing."""

from __future__ import annotations

from collections.abc import Mapping

from installer.core.plans.procedure import Fetch, Runs
from installer.knowledge import packages
from installer.shell.commands import environments
from installer.shell.commands.call import Call
from installer.shell.state import UNKNOWN
from installer.shell.trace import ASKED, PRESUMED

TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN")
_VALUED = frozenset(
    [
        "--local-dir",
        "--local_dir",
        "--cache_dir",
        "--model",
        "--revision",
        "--include",
        "--exclude",
        "--token",
        "--cache-dir",
        "--repo-type",
        "--max-workers",
        "--type",
    ]
)


def run(call: Call) -> str:
    words = list(call.words)
    if packages.program(call.ran.name) is not None:
        call.emit(Runs(8, program=call.ran.name), environments.of_program(call.ran.words[0], call.state))
    match words[:1]:
        case ["download"]:
            return _download(call, words[1:])
        case ["login" | "auth"]:
            call.state.made.add("~/.cache/huggingface/token")
        case ["whoami"]:
            return ASKED
    return PRESUMED


def _download(call: Call, words: list[str]) -> str:
    token, model, folder, revision = False, "", "", ""
    while words:
        name, equals, value = words.pop(0).partition("=")
        if name in _VALUED:
            value = value if equals else words.pop(0) if words else ""
            token = token or name == "--token"
            folder = value if name in ("--local-dir", "--local_dir") else folder
            model = value if name == "--model" else model
            revision = value if name == "--revision" else revision
        elif not name.startswith("-") and not model:
            model = f"{name}{equals}{value}"
    fetched(call, model, True if token else None, folder, revision)
    return PRESUMED


def fetched(call: Call, model: str, authenticated: bool | None, folder: str = "", revision: str = "") -> None:
    """Emit the fetch of a model, and remember the folder that it goes to."""
    if folder and UNKNOWN not in folder:
        call.state.made.add(call.state.path(folder))
        call.state.models[call.state.path(folder)] = f"{model}@{revision}" if revision else model
    if UNKNOWN in model or not model:
        call.unclear("which model is fetched is not known")
        return
    if authenticated is None:
        authenticated = has_token(call.ran.environment) or "~/.cache/huggingface/token" in call.state.made or None
    call.emit(Fetch(8, model=model, authenticated=authenticated))


def has_token(environment: Mapping[str, str]) -> bool:
    return any(environment.get(name) for name in TOKENS)
