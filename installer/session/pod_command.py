"""One line for a pod's "container start command": fetches this tool, deploys a recipe, and keeps the container alive.
The same in a container of this machine: the line with `docker run` before it.

Writes text and runs nothing of it. Never puts a secret into the line: a token belongs among the pod's own variables,
from where every process of the pod has it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from installer.core.contracts.host import Host
from installer.core.errors import UsageError
from installer.core.files.problems import quote
from installer.core.recipes import rules
from installer.core.runs.model_request import ModelRequest
from installer.core.secrets import redact
from installer.session import recipes

_SOURCE = re.compile(r"(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|file://)/[A-Za-z0-9._~%+/-]+")
_ADDRESS_S = 10.0
_TOOLS = "git curl ca-certificates python3 python3-venv"
_VOLUME = "deploy-tui"
"""What Docker calls the volume that takes the place of a pod's."""
_PRESENT = 'command -v git && command -v curl && python3 -c "import ensurepip, venv"'


def line(
    source: str,
    recipe: str | None,
    *,
    profile: str | None = None,
    settings: Sequence[str] = (),
    wish: ModelRequest | None = None,
) -> str:
    """The whole line. `source` is the address of a git repository; what the words hold never reaches the shell bare.
    `wish`: a model whose recipe is derived in the pod, for its GPU.

    The clone is under /workspace where that can be written, so a restarted pod finds it again.
    """
    return shlex.join(["bash", "-c", _script(source, [*_words(recipe, profile, settings), *_model_words(wish)])])


def local_line(pod_line: str, image: str, recipe: str | None, settings: Sequence[str] = ()) -> str:
    """`pod_line` in a container of this machine: its port is open to this machine only, a volume keeps what it made.

    Raises `UsageError` if the image has no tag, or if nothing says which port to open.
    """
    if problem := rules.image(image):
        raise UsageError(f"--image: {problem}.", "Without a tag the version is not known.", "Name one with its tag.")
    if recipe is None:
        raise UsageError(
            "A container of this machine needs a recipe.", "Its port is published, so it must be known.",
            "Name one: --recipe NAME.",
        )  # fmt: skip
    names = [one.name for one in recipes.family(recipe)] or [recipe]
    served = [recipes.load(name, settings=settings) for name in names]
    gpus = () if all(one.requirements.gpu is False for one in served) else ("--gpus", "all")
    ports = sorted({one.server.port for one in served})
    opened = [word for port in ports for word in ("--publish", f"127.0.0.1:{port}:{port}")]
    token = ("--env", "HF_TOKEN")  # passed on from the caller's environment, so its value is not in the line
    words = ("docker", "run", "--interactive", "--tty", "--rm", *gpus, "--shm-size", "2g", *token)
    return f"{shlex.join((*words, *opened, '--volume', f'{_VOLUME}:/workspace', image))} {pod_line}"


def checked_source(given: str | None, checkout: Path, host: Host) -> str:
    """Where the pod is to clone from: what was given, else this checkout's own origin. Raises `UsageError`."""
    source = given if given is not None else _origin(checkout, host)
    if redact(source) != source or "@" in source:
        raise UsageError(
            "The address to clone from contains a name or a password.",
            "The line is pasted into a web page and kept there, so it must not contain a secret.",
            "Name an address that can be cloned without one: --source https://HOST/PATH.git.",
        )
    if not _SOURCE.fullmatch(source):
        raise UsageError(
            f"{quote(source)} is not an address that a pod can clone from."
            if source else "There is no known address to clone this tool from.",
            "A pod has no ssh key and no access to the folders of this checkout."
            if source else "This checkout has no remote called origin.",
            "Name one: --source https://HOST/PATH.git.",
        )  # fmt: skip
    return source


def checked_recipe(name: str | None, profile: str | None, settings: Sequence[str]) -> str | None:
    """`name`, as the pod can use it too. Raises `UsageError` for what would fail there."""
    if name is None:
        return None
    found = [] if "/" in name else recipes.family(name)
    for recipe in found or [recipes.load(name, profile=profile, settings=settings)]:
        if recipe.container is not None:
            raise UsageError(
                f"The recipe {recipe.name} serves from a container of its own.",
                "A pod is a container already, and has no Docker engine inside.",
                "Use a recipe that installs packages (deploy-tui recipes list).",
            )
    if found or name in recipes.names():
        return name
    inside = Path(name).resolve()
    checkout = recipes.checkout()
    if not inside.is_relative_to(checkout):
        raise UsageError(
            f"The file {name} would not be on the pod.",
            f"The pod clones the repository of {checkout}, which does not contain the file.",
            "Commit it to that repository, or use an included recipe.",
        )
    return str(inside.relative_to(checkout))


def _words(recipe: str | None, profile: str | None, settings: Sequence[str]) -> list[str]:
    given = [setting.partition("=")[0] for setting in settings]
    own = () if "server.host" in given else ("server.host=0.0.0.0",)
    words = ["./deploy-tui", "--stage", "all", "--yes"]
    words += ["--recipe", recipe] if recipe else []
    words += ["--profile", profile] if profile else []
    return [*words, *(word for setting in (*own, *settings) for word in ("--set", setting))]


def _model_words(wish: ModelRequest | None) -> list[str]:
    """The words that name a model. Raises `UsageError` for a folder of this machine."""
    if wish is None:
        return []
    if Path(wish.model).is_absolute():
        raise UsageError(
            f"The folder {wish.model} would not be on the pod.", "The pod has its own disk.",
            "Name a model of the hub (--model ORG/NAME).",
        )  # fmt: skip
    return wish.words()


def _script(source: str, words: Sequence[str]) -> str:
    """Ends never by itself: if something fails, the pod stays up for a diagnosis."""
    steps = (
        'trap "exit 0" INT TERM',
        'D=/workspace; [ -w "$D" ] || D="${HOME:-/root}"; S="$D/deploy-tui-source"',
        f"{{ {_PRESENT}; }} >/dev/null 2>&1 || "
        f"{{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {_TOOLS}; }}",
        f'[ -x "$S/deploy-tui" ] || {{ rm -rf "$S" && git clone --depth 1 {shlex.quote(source)} "$S"; }}',
        f'cd "$S" && {shlex.join(words)}',
        'echo "deploy-tui ended with status $?"',
        "sleep infinity & wait",
    )
    return "; ".join(steps)


def _origin(checkout: Path, host: Host) -> str:
    done = host.run(("git", "-C", str(checkout), "remote", "get-url", "origin"), timeout_s=_ADDRESS_S)
    return done.output.strip() if done.code == 0 else ""
