"""What the single values of a recipe may be. Each rule says what is wrong in a sentence, or nothing.

Pure and without a recipe in mind: a rule sees one value. Nothing here repairs a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from installer.core.files.problems import quote, suggestion
from installer.core.secrets import names_a_secret, names_a_secret_in_text, redact

_SHELL = re.compile(r"[`$;|&<>\\]")
"""Characters with a meaning in a shell. No shell is ever run; they only show that someone expects one."""
_SHELL_IN_REQUIREMENT = re.compile(r"[`$|&\\]")
_TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_FLAG = re.compile(r"--[A-Za-z0-9][A-Za-z0-9._-]*")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/-]*(:[0-9]+/[a-z0-9._/-]+)?(:[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[0-9a-f]{64})")
_PLAIN_PATH = re.compile(r"(/[A-Za-z0-9._-]+)+")
_SETTING = re.compile(r"server\.(port|host|flags\.--[A-Za-z0-9][A-Za-z0-9._-]*)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY_OF = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,80}")
_GPUS = re.compile(r"(\d{1,3}|(GPU|MIG)-[0-9a-fA-F-]{4,64})(,(\d{1,3}|(GPU|MIG)-[0-9a-fA-F-]{4,64}))*")
_HUB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_SERVED_AS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*")
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9._+!-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GGUF = re.compile(r"[A-Za-z0-9._/-]+\.gguf")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_HOST = re.compile(r"[A-Za-z0-9.:_-]+")
_URL = re.compile(r"(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~%+/-]*)?|file:///[A-Za-z0-9._~%+/-]*)")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)\}")
_PLACEHOLDERS = ("model", "served_as", "host", "port")
_OURS = re.compile(
    r"PATH|HOME|SHELL|IFS|ENV|BASH_ENV|VIRTUAL_ENV|LD_(PRELOAD|AUDIT|LIBRARY_PATH)|PYTHON(PATH|HOME|STARTUP|USERBASE)"
)
"""Variables that would make the server run something else than what was installed and checked."""
_SECRET = "this looks like a secret; never put one into a file. Put it into the environment instead (export HF_TOKEN=…)"


def text(value: str) -> str:
    """For every text of a recipe."""
    if redact(value) != value:
        return _SECRET
    return "this contains characters that change the direction of text" if _TURNING.search(value) else ""


def one_line(value: str) -> str:
    return "expected text on one line, found a line break" if re.search(r"[\n\r\t]", value) else ""


def name(value: str) -> str:
    return _shaped(value, _NAME, "a name of lowercase letters, digits, dots and dashes")


def module(value: str) -> str:
    return _shaped(value, _MODULE, "the dotted name of a Python module, such as package.server")


def flag(value: str) -> str:
    if names_a_secret_in_text(value):
        if value.lstrip("-") in ("api-key", "api_key"):
            return (
                f"{quote(value)} would show the key to every user of the machine; write server.key: made (or env:NAME)"
            )
        return (
            f"{quote(value)} is a flag for a secret; never put one into a recipe. Put it into the environment instead"
        )
    return _shaped(value, _FLAG, "a flag such as --max-model-len")


def flag_value(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    for word in _PLACEHOLDER.findall(value):
        if word not in _PLACEHOLDERS:
            return f"there is no placeholder {{{word}}}{suggestion(word, _PLACEHOLDERS)}"
    return one_line(value) or _climbs(value)


def variable(value: str) -> str:
    if names_a_secret(value):
        return (
            f"{quote(value)} names a secret; never put one into a recipe. Put it into the environment: export {value}=…"
        )
    if _OURS.fullmatch(value):
        return f"{value} decides which programs and modules run; a recipe cannot set it"
    return _shaped(value, _VARIABLE, "the name of an environment variable")


def variable_value(value: str) -> str:
    return one_line(value) or _climbs(value)


def image(value: str) -> str:
    return _shaped(value, _IMAGE, "a container image with its tag, such as owner/image:1.0")


def container_folder(value: str) -> str:
    if not value.startswith("/"):
        return f"expected the absolute path of a folder in the image, found {quote(value)}"
    return _climbs(value) or one_line(value) or _is_shell_syntax(value) or _shaped(value, _PLAIN_PATH, "a plain path")


def container_variable(value: str) -> str:
    """Inside a container HOME and the like change nothing of ours."""
    if names_a_secret(value):
        return variable(value)
    return _shaped(value, _VARIABLE, "the name of an environment variable")


def setting_key(value: str) -> str:
    """A key of the server, as `--set` takes it."""
    return _shaped(value, _SETTING, "a key of the server, such as server.port or server.flags.--mem-fraction-static")


def hub(value: str) -> str:
    problem = _shaped(value, _HUB, "a model of the hub as org/name")
    return problem or ("a hub name cannot contain .. or --" if ".." in value or "--" in value else "")


def revision(value: str) -> str:
    return _shaped(value, _REVISION, "a branch, a tag or a commit") or _climbs(value)


def local_folder(value: str) -> str:
    """`model.path`: the one place where a recipe may point outside of the home."""
    if not value.startswith(("/", "~/")):
        return f"expected the absolute path of a folder, beginning with / or ~/, found {quote(value)}"
    return _climbs(value) or one_line(value) or _is_shell_syntax(value)


def pattern(value: str) -> str:
    """A glob over the files of a model."""
    if value.startswith(("/", "~")) or not value:
        return f"expected a pattern inside the model's folder, such as *.safetensors, found {quote(value)}"
    return _climbs(value) or one_line(value) or _is_shell_syntax(value)


def pinned(value: str) -> str:
    """A package in exactly one version."""
    problem = "" if _PINNED.fullmatch(value) else f"expected a package in one version, found {quote(value)}"
    return requirement(value) or problem


def sha256(value: str) -> str:
    return _shaped(value, _SHA256, "a sha256 of 64 lowercase hexadecimal digits")


def inner_file(value: str) -> str:
    """A GGUF file inside a wheel."""
    return pattern(value) or _shaped(value, _GGUF, "a file inside the wheel whose name ends in .gguf")


def served_as(value: str) -> str:
    return _shaped(value, _SERVED_AS, "the name that clients use: letters, digits, dots, dashes, /") or _climbs(value)


def file_name(value: str) -> str:
    """A system package, a command or a library."""
    return _shaped(value, _FILE, "a plain name, without a path")


def host(value: str) -> str:
    return _shaped(value, _HOST, "a host name or an address, such as 127.0.0.1")


def port(value: int) -> str:
    return "" if 1 <= value <= 65535 else f"expected a port from 1 to 65535, found {value}"


def key(value: str) -> str:
    """Where the key of a server comes from; never the key."""
    if value in ("made", "none") or _KEY_OF.fullmatch(value):
        return ""
    return "expected made, none or env:NAME, the variable that holds the key; never write the key itself into a file"


def url(value: str) -> str:
    return _shaped(
        value, _URL, "an https, http or file address of a package index, without a name or a password"
    ) or _climbs(value)


def repository(value: str) -> str:
    return _shaped(value, _URL, "an https, http or file address of a git repository, without a password") or _climbs(
        value
    )


def specifiers(value: str) -> str:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        found = SpecifierSet(value)
    except InvalidSpecifier:
        return f'expected version bounds such as ">=8.0,<10.0", found {quote(value)}'
    return "" if len(found) else 'expected version bounds such as ">=8.0", found nothing'


def requirement(value: str) -> str:
    """A requirement as PEP 508 has it, of a package that an index has."""
    from packaging.requirements import InvalidRequirement, Requirement

    if value.startswith("-"):
        return f"expected a package such as torch==2.13.0, found {quote(value)}; options do not belong here"
    if value.startswith(("/", ".", "~")) or re.match(r"[a-z+]+:", value) or "://" in value or "@" in value:
        return f"expected a package such as torch==2.13.0, found {quote(value)}; paths and addresses are not allowed"
    if problem := one_line(value) or _is_shell_syntax(value, _SHELL_IN_REQUIREMENT):
        return problem
    try:
        Requirement(value)
    except InvalidRequirement as error:
        return f"expected a package such as torch==2.13.0, found {quote(value)} ({str(error).splitlines()[0]})"
    return ""


def at_least(least: int) -> Callable[[int], str]:
    def rule(value: int) -> str:
        return "" if value >= least else f"expected {least} or more, found {value}"

    return rule


def gpus(value: str | int) -> str:
    return _shaped(str(value), _GPUS, 'numbers or UUIDs of GPUs, such as 1 or "0,1"')


def price(value: float) -> str:
    return "" if 0 <= value < 1e6 else f"expected the price of an hour, such as 0.44, found {value}"


def one_of(*known: str) -> Callable[[str], str]:
    def rule(value: str) -> str:
        return (
            "" if value in known else f"expected one of {', '.join(known)}, found {quote(value)}{_near(value, known)}"
        )

    return rule


def index_among(known: Collection[str]) -> Callable[[str], str]:
    def rule(value: str) -> str:
        if value in known:
            return ""
        return f"no index is called {quote(value)}{suggestion(value, known) or '; name it under indexes'}"

    return rule


def _near(value: str, known: Collection[str]) -> str:
    hint = suggestion(value, known)
    return hint if "did you mean" in hint else ""


def _shaped(value: str, shape: re.Pattern[str], expected: str) -> str:
    if shape.fullmatch(value):
        return ""
    return _is_shell_syntax(value) or f"expected {expected}, found {quote(value)}"


def _is_shell_syntax(value: str, characters: re.Pattern[str] = _SHELL) -> str:
    found = characters.search(value)
    if found is None:
        return ""
    sign = found.group()
    return f"{quote(value)} contains {sign}, which looks like shell syntax; recipes are never run by a shell"


def _climbs(value: str) -> str:
    if ".." not in re.split(r"[/\\=,:\"'\s{}\[\]]", value):
        return ""
    return f"{quote(value)} leads out of its folder; .. is not allowed"
