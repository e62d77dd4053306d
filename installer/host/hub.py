"""Fetch a model from a hub, as a process of its own: `python -m installer.host.hub --id ORG/NAME --folder DIR`.

Being a process is what makes it stoppable at any moment; what it had fetched stays and is continued. It ends by itself
when the process that started it is gone. It prints one JSON object a line: the list of files, how far each has come,
and at the end what is there or what went wrong. The token comes from `HF_TOKEN` only (never from a file) and is never
printed; nor is the query of a signed address.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from installer.core import threads
from installer.core.errors import DeployError
from installer.core.secrets import Redactor

_SIGNED = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]*")
_OUT = threading.Lock()


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0: everything is there and has the hash that the hub lists."""
    options = _arguments(words)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from installer.host.hub_files import Repository

    threads.begin(partial(_end_with, os.getppid()), "ends with its parent")
    repository = Repository(options.id, options.revision, os.environ.get("HF_TOKEN") or None)
    try:
        listing = repository.listing(options.include, options.exclude)
        if options.list:
            repository.probe(listing)
        tell("files", commit=listing.commit, files=[file.to_json() for file in listing.files])
        if not options.list:
            repository.fetch(listing, options.folder, _progress)
            tell("done", commit=listing.commit, files=[file.to_json() for file in listing.files])
    except Exception as error:
        problem = explain(error, repository.id, repository.endpoint, with_token=repository.token is not None)
        tell("error", code=problem.code, what=problem.what, why=problem.why, fix=problem.fix)
        return 1
    return 0


def tell(kind: str, **body: Any) -> None:
    """One line for the process that started us, free of secrets."""
    clean = Redactor.of(os.environ).value({name: _unsigned(value) for name, value in body.items()})
    line = json.dumps({"hub": kind, **clean})
    with _OUT:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _unsigned(value: Any) -> Any:
    return _SIGNED.sub(r"\1", value) if isinstance(value, str) else value


def explain(error: Exception, model: str, endpoint: str, *, with_token: bool) -> DeployError:
    """What a failure of the hub's client means, in three sentences."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    match error:
        case DeployError():
            return error
        case OfflineModeIsEnabled():
            return DeployError(
                "The hub was not asked.", "HF_HUB_OFFLINE is set.", "Unset HF_HUB_OFFLINE.", code="hub-offline"
            )
        case HfHubHTTPError():
            return _refused(error, model, endpoint, with_token)
        case HFValidationError():
            return _not_found(model, endpoint, with_token)
        case OSError() if error.errno is not None and type(error).__module__ == "builtins":
            return _not_written(error, model)
        case _:
            return _unreachable(endpoint, error)


def _not_written(error: OSError, model: str) -> DeployError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    what = f"The disk is full while fetching {model}." if full else f"{model} could not be written."
    fix = "Free some space, or set DEPLOY_TUI_HOME to a bigger disk" if full else "Check that folder and its disk"
    return DeployError(what, str(error), f"{fix}; then run it again: it continues.", code="disk")


def _gated(model: str, endpoint: str, with_token: bool) -> DeployError:
    page = f"{endpoint}/{model}"
    why = "The account of HF_TOKEN has no access." if with_token else "HF_TOKEN is not set."
    then = "then run it again" if with_token else "then set HF_TOKEN in the environment and run it again"
    return DeployError(f"{model} is gated.", why, f"Accept its terms on {page}, {then}.", code="hub-gated")


def _not_found(model: str, endpoint: str, with_token: bool) -> DeployError:
    fix = "Check the spelling; " + (
        "if it is private, HF_TOKEN must belong to an account with access."
        if with_token
        else "if it is private, set HF_TOKEN in the environment."
    )
    return DeployError(
        f"{endpoint} has no visible model {model}.",
        "It does not exist, or it is private and this token may not read it." if with_token else
        "It does not exist, or it is private and HF_TOKEN is not set.",
        fix, code="hub-not-found",
    )  # fmt: skip


def _refused(error: Any, model: str, endpoint: str, with_token: bool) -> DeployError:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    status = error.response.status_code if error.response is not None else 0
    reason = f"HTTP {status}: {_first_line(error)}".replace(": None.", ".")
    match error:
        case GatedRepoError():
            return _gated(model, endpoint, with_token)
        case RepositoryNotFoundError():
            return _not_found(model, endpoint, with_token)
        case RevisionNotFoundError():
            fix = "Correct `revision` in the recipe (a branch, a tag or a commit)."
            return DeployError(f"{model} has no such revision.", reason, fix, code="hub-not-found")
    if status in (401, 403):
        return DeployError(
            f"{endpoint} denied access to {model}.", reason,
            "Set HF_TOKEN in the environment to a token that may read it (an expired one is refused as well).",
            code="hub-forbidden",
        )  # fmt: skip
    fix = "Wait a little and run it again: it continues where it stopped."
    return DeployError(f"{endpoint} could not serve {model}.", reason, fix, code="hub-refused")


def _unreachable(endpoint: str, error: Exception) -> DeployError:
    return DeployError(
        f"{endpoint} could not be reached, or the connection broke too often.",
        f"{type(error).__name__}: {_first_line(error)}",
        "Check the network, or set HF_ENDPOINT to a mirror; then run it again: it continues where it stopped.",
        code="hub-unreachable",
    )


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no details")


def _end_with(parent: int) -> None:
    """No process is left to report to, and the next one will write the same files."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _progress(file: str, done: int, total: int | None) -> None:
    tell("progress", file=file, done=done, total=total)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m installer.host.hub", allow_abbrev=False)
    parser.add_argument("--id", required=True)
    parser.add_argument("--revision", default="main")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--exclude", action="append", default=[])
    parser.add_argument("--list", action="store_true", help="only list the files, and try whether they may be read")
    return parser.parse_args(words)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # Not `sys.exit`: after an error that would wait for the other downloads to end, and they can take an hour.
    os._exit(status)
