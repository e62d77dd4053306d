"""Serving from a container image: what stages 7, 9 and 10 do instead where a recipe has a `container` section.

Talks to Docker's own command only, always word by word. Never removes an image or a container that it did not make.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from installer.core.contracts.serving import LaunchSpec
from installer.core.contracts.stage import Change, ChangeKind, Check, Leftover, LeftoverKind, StageContext
from installer.core.errors import DamagedError, StageError
from installer.core.files import foreign_json
from installer.core.recipes.container import Container
from installer.core.recipes.recipe import Recipe
from installer.disk.reading import read_own
from installer.disk.writing import write_atomically
from installer.knowledge.versions import fits
from stages import container_files as written
from stages.launching import arguments, launch_of
from stages.models import ChosenModel, chosen, folder

_LABEL = "deploy-tui.files"
_OLDEST = ">=20.10"
"""The first release with everything that is used here."""
_BUILD_S, _ASK_S = 7200.0, 30.0
SCRIPT = Path(__file__).parent / "scripts" / "verify_container.py"


def home_of(ctx: StageContext) -> Path:
    """Where the generated files are."""
    return ctx.home.root / "container" / ctx.recipe.name


def texts(ctx: StageContext) -> dict[str, str]:
    """The generated files, as they should be."""
    model = _model_folder(ctx)
    inside = arguments(_inside(ctx.recipe), written.place(ctx.recipe))
    return written.files(ctx.recipe, inside, model)


def check(ctx: StageContext) -> Check:
    """Stage 7: whether the image is there, built from exactly these files."""
    if not ctx.facts.here:
        return Check(unknown="the image is built on the machine itself")
    if blocked := _no_docker(ctx):
        return blocked
    wanted, image = texts(ctx), _inspect(ctx)
    digest, there = _digest(wanted), ""
    changes = []
    if any(_on_disk(home_of(ctx) / name) != text for name, text in wanted.items()):
        changes.append(
            Change(ChangeKind.CONTAINER_FILES, f"write the files of the container into {home_of(ctx)}", outside=True)
        )
    if image and image.get("label") == digest:
        there = f"image {written.tag(ctx.recipe)} ({str(image['id'])[:19]})"
    else:
        build = f"build the image {written.tag(ctx.recipe)} on {_image(ctx)}"
        changes.append(Change(ChangeKind.IMAGE, build, _building(ctx, digest), outside=True))
    return Check(changes=tuple(changes), observed=tuple(filter(None, (there, _compose(ctx)))))


def apply(ctx: StageContext, changes: Sequence[Change]) -> None:
    """Write the files and build the image."""
    place, there = home_of(ctx), _inspect(ctx) is not None
    place.mkdir(parents=True, exist_ok=True)
    for name, text in texts(ctx).items():
        write_atomically(place / name, text)
    (place / "entrypoint.sh").chmod(0o755)
    for change in changes:
        ctx.begin(change)
        if change.kind != ChangeKind.IMAGE:
            continue
        ctx.deed("image-built", {"tag": written.tag(ctx.recipe), "new": not there})
        done = ctx.execute(change.command, folder=place, timeout_s=_BUILD_S)
        if done.code != 0:
            output = " ".join(done.output.splitlines()[-4:])[:600]
            raise StageError(
                f"The image could not be built (exit status {done.code}).", output,
                f"The files are in {place}: run `docker build {place}` to repeat it.",
            )  # fmt: skip


def rollback(ctx: StageContext, deeds: Sequence[Mapping[str, Any]]) -> tuple[Leftover, ...]:
    """Remove the image that this run built, unless there was one of that name before."""
    for deed in deeds:
        if deed["what"] == "image-built" and deed["new"] and _inspect(ctx) is not None:
            done = ctx.host.run(("docker", "image", "rm", str(deed["tag"])), timeout_s=_ASK_S)
            if done.code != 0:
                return (Leftover(LeftoverKind.IMAGE, f"image {deed['tag']}"),)
    return ()


def image_id(ctx: StageContext) -> str | None:
    """Of the image that was built; `None` while there is none, or where it is of other files."""
    image = _inspect(ctx)
    return str(image["id"]) if image and image.get("label") == _digest(texts(ctx)) else None


def verifying(ctx: StageContext, question: Path) -> tuple[str, ...]:
    """Stage 9: the command that checks the inside of the image, without network."""
    container = ctx.recipe.container
    assert container is not None
    model = chosen(ctx)
    mounts = {SCRIPT: "/deploy/verify.py", question: "/deploy/question.json"}
    if model:
        mounts[model.folder] = written.place(ctx.recipe)
    volumes = tuple(word for outside, inside in mounts.items() for word in ("--volume", f"{outside}:{inside}:ro"))
    return (
        "docker", "run", "--rm", "--init", "--network", "none", *_gpus(ctx.recipe), *volumes, *_environment(ctx.recipe),
        "--entrypoint", container.python, written.tag(ctx.recipe), "/deploy/verify.py", "/deploy/question.json",
    )  # fmt: skip


def launch(ctx: StageContext, model: ChosenModel) -> LaunchSpec:
    """Stage 10: how the container is started, and what removes it whatever happens."""
    recipe = ctx.recipe
    assert recipe.container is not None
    server, name = recipe.server, written.name(recipe)
    network = (
        ("--network", "host") if recipe.container.host_network
        else ("--publish", f"{server.host}:{server.port}:{server.port}")
    )  # fmt: skip
    docker = ctx.host.which("docker") or "docker"
    command = (
        docker, "run", "--rm", "--init", "--name", name, *_gpus(recipe), *network, *limits(recipe.container),
        "--volume", f"{model.folder}:{written.place(recipe)}:ro", *_environment(recipe), written.tag(recipe),
    )  # fmt: skip
    return replace(
        launch_of(recipe, model, command),
        python=(docker, "exec", name, recipe.container.python),
        model_seen=written.place(recipe),
        cleanup=(docker, "rm", "--force", name),
    )


def _inside(recipe: Recipe) -> Recipe:
    """The recipe as its server sees itself: inside the container it listens to everybody."""
    return replace(recipe, server=replace(recipe.server, host="0.0.0.0"))


def _model_folder(ctx: StageContext) -> Path:
    model = chosen(ctx)
    return model.folder if model else folder(ctx.home, ctx.recipe.model.alternatives[0])


def _gpus(recipe: Recipe) -> tuple[str, ...]:
    return ("--gpus", "all") if recipe.container and recipe.container.gpus else ()


def limits(container: Container) -> tuple[str, ...]:
    """Shared memory, and what its processes may take."""
    shm = ("--shm-size", f"{container.shm_mib}m") if container.shm_mib else ()
    ipc = ("--ipc", "host") if container.host_ipc else ()
    return (*shm, *ipc, *(word for name, most in container.ulimits.items() for word in ("--ulimit", f"{name}={most}")))


def _environment(recipe: Recipe) -> tuple[str, ...]:
    return tuple(word for key, value in written.variables(recipe).items() for word in ("--env", f"{key}={value}"))


def _image(ctx: StageContext) -> str:
    return ctx.recipe.container.image if ctx.recipe.container else ""


def _building(ctx: StageContext, digest: str) -> tuple[str, ...]:
    label = f"{_LABEL}={digest}"
    return ("docker", "build", "--tag", written.tag(ctx.recipe), "--label", label, str(home_of(ctx)))


def _digest(texts: Mapping[str, str]) -> str:
    """Of what goes into the image; where the model is on this machine does not."""
    inside = {name: text for name, text in texts.items() if name in ("Dockerfile", "entrypoint.sh", "server.args")}
    return hashlib.sha256(json.dumps(inside, sort_keys=True).encode()).hexdigest()[:20]


def _on_disk(file: Path) -> str | None:
    try:
        content = read_own(file)
    except (OSError, DamagedError):
        return None
    return None if content is None else content.decode("utf-8", "replace")


def _inspect(ctx: StageContext) -> dict[str, Any] | None:
    form = '{"id": {{json .Id}}, "label": {{json (index .Config.Labels "' + _LABEL + '")}}}'
    done = ctx.host.run(("docker", "image", "inspect", "--format", form, written.tag(ctx.recipe)), timeout_s=_ASK_S)
    try:
        body = foreign_json.loads(done.output) if done.code == 0 else None
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _compose(ctx: StageContext) -> str:
    """Only a word about it: nothing here needs Compose."""
    done = ctx.host.run(("docker", "compose", "version", "--short"), timeout_s=_ASK_S)
    if done.code == 0:
        return f"Docker Compose {done.output.strip()}"
    return "no Docker Compose, which only compose.yaml needs"


def _no_docker(ctx: StageContext) -> Check | None:
    """Why nothing can be built here."""
    if ctx.host.which("docker") is None:
        return Check(
            blocked="Docker is not installed.",
            fix="Install it (Debian: apt-get install docker.io), or use a recipe that installs wheels.",
        )
    done = ctx.host.run(("docker", "info", "--format", "{{.ServerVersion}} {{json .Runtimes}}"), timeout_s=_ASK_S)
    if done.code != 0:
        output = " ".join(done.output.split())[:300]
        fix = "Start its service (systemctl start docker), and let this user use it (group docker)."
        return Check(blocked=f"Docker's engine does not answer: {output}", fix=fix)
    version, _, runtimes = done.output.strip().partition(" ")
    if fits(version, _OLDEST) is False:
        return Check(blocked=f"Docker {version} is too old.", fix=f"Update it to {_OLDEST.lstrip('>=')} or newer.")
    toolkit = "nvidia" in runtimes or ctx.host.which("nvidia-container-runtime") or ctx.host.which("nvidia-ctk")
    if _gpus(ctx.recipe) and not toolkit:
        return Check(
            blocked="The NVIDIA Container Toolkit is not installed, so containers cannot use the GPU.",
            fix="Install nvidia-container-toolkit, run `nvidia-ctk runtime configure --runtime=docker`, restart it.",
        )
    return None
