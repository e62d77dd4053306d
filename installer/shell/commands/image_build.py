"""`docker build`: the Dockerfile, followed to the image that a later `docker run` starts. Builds nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace

from installer.shell.commands import containers
from installer.shell.commands.call import Call
from installer.shell.documents import dockerfile
from installer.shell.documents.document import placed
from installer.shell.state import UNKNOWN, BuiltImage
from installer.shell.trace import PRESUMED

NAMES = ("Dockerfile", "Containerfile")
"""What a build reads where no file is named, in its order."""
_SWITCHES = frozenset(
    ("--no-cache", "--pull", "--push", "--load", "--quiet", "-q", "--squash", "--rm", "--force-rm", "--compress",
     "--check", "--debug", "-D", "--disable-content-trust", "--no-pull", "--layers")
)  # fmt: skip
_ELSEWHERE = ("http://", "https://", "git@", "git://", "github.com/")


def run(call: Call, words: Sequence[str]) -> str | None:
    """`build`, `buildx build`, `image build` and `tag`; `None` for what is neither."""
    match list(words):
        case ["image" | "buildx", *rest] if "build" in rest:
            return _build(call, rest[rest.index("build") + 1 :])
        case ["buildx", "bake", *_]:
            call.unclear("`docker buildx bake` is not followed")
            return PRESUMED
        case ["build", *rest]:
            return _build(call, rest)
        case ["tag", source, target] | ["image", "tag", source, target]:
            if image := containers.built(call, source):
                call.state.builds[containers.name_of(target)] = image
            return PRESUMED
    return None


def _build(call: Call, words: Sequence[str]) -> str:
    given, rest = containers.options(words, _SWITCHES)
    # The grammar drops a lone dash before a heredoc.
    named, context = dict(given), rest[0] if rest else "-" if call.ran.stdin else ""
    if UNKNOWN in context or context.startswith(_ELSEWHERE):
        call.unclear("the folder that the image is built from is not next to the script")
        return PRESUMED
    path, text = _dockerfile(call, named.get("-f", named.get("--file", "")), context)
    if text is None or UNKNOWN in text:
        call.unclear(f"the Dockerfile {path.replace(UNKNOWN, '…')} is not next to the script")
        return PRESUMED
    folder = "." if context == "-" else call.state.sibling_path(call.state.path(context or "."))
    recipe = dockerfile.recipe(text, _arguments(call, given), named.get("--target", ""), folder)
    if recipe is None or not recipe.base or UNKNOWN in recipe.base:
        call.unclear(f"the image that {path} begins with is not known")
        return PRESUMED
    names = [value for name, value in given if name in ("-t", "--tag") and UNKNOWN not in value]
    _followed(call, recipe, names, "" if path == "-" else call.file(path))
    return PRESUMED


def _dockerfile(call: Call, named: str, context: str) -> tuple[str, str | None]:
    """Its path, and its text; `None`: it is not known."""
    if "-" in (named, context):
        return "-", call.ran.stdin
    paths = [named] if named else [posixpath.join(context, name) for name in NAMES]
    found = ((path, call.read(path)) for path in paths if UNKNOWN not in path)
    return next(((path, text) for path, text in found if text is not None), (paths[0], None))


def _arguments(call: Call, given: containers.Options) -> dict[str, str]:
    """The build arguments; a name alone is taken over from outside."""
    found = dict[str, str]()
    for name, value in given:
        if name == "--build-arg":
            key, equals, text = value.partition("=")
            text = text if equals else call.ran.environment.get(key, UNKNOWN)
            # What is not known stays open: the shell that the Dockerfile becomes reads it as an unset variable.
            found |= {key: text} if UNKNOWN not in text else {}
    return found


def _followed(call: Call, recipe: dockerfile.Recipe, names: Sequence[str], file: str) -> None:
    """Follow what is run in the image while it is built, and remember how it is started."""
    before = containers.built(call, recipe.base)
    there = containers.entered(call, recipe.base, {}, None)
    there.state.built = names[0] if names else str(int(call.ran.line))
    there.follow(placed(recipe.pieces), there, None, False, file)
    there.state.flow = ""
    if before and recipe.entry is None:
        known = before.recipe
        recipe = replace(recipe, entry=known.entry, command=recipe.command or known.command)
    for name in names:
        call.state.builds[containers.name_of(name)] = BuiltImage(there.state, recipe, file)
