"""What one release of SGLang says about itself: its flags, its architectures, the variables that it reads.

Three eras of flags are one here: `add_argument` calls, annotated fields in server_args.py (from 0.5.15), and the same
fields in arg_groups (from 0.5.20). Reads sources; never imports them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from installer.core.plans.flag import Flag
from installer.core.plans.stack import EngineFacts
from installer.knowledge.engines import arguments, engine_model_types, fields, variable_formats, variables
from installer.knowledge.engines.imports import imported_modules
from installer.knowledge.engines.sources import Members, Sources, metadata
from installer.knowledge.engines.values import Reader

_SERVER_ARGS = "sglang/srt/server_args.py"
_GROUPS = "sglang/srt/arg_groups/"
_MODELS = "sglang/srt/models/"
_CONFIGS = "sglang/srt/configs/"
_ENTRY = re.compile(r"^EntryClass\b", re.MULTILINE)
_ENVIRONMENT = ("sglang/srt/environ.py", "sglang/environ.py")


def facts(version: str, archive: Members, source: str, *, thorough: bool = False) -> EngineFacts | None:
    """Everything that a release says; `None` if it is not laid out as any that is known.

    `thorough` also looks for variables in every file and follows its imports, which costs most of its sources.
    """
    sources = Sources(archive)
    if _SERVER_ARGS not in sources.members:
        return None
    models = [m for m in sources.within(_MODELS) if not m.endswith("__init__.py")]
    groups = [m for m in sources.within(_GROUPS) if not m.endswith("__init__.py")]
    sources.fetch([_SERVER_ARGS, *_ENVIRONMENT, *groups, *models])
    read = sources.within("sglang/") if thorough else [_SERVER_ARGS, *_ENVIRONMENT, *groups]
    requires, requires_python = metadata(archive)
    return EngineFacts(
        engine="sglang",
        version=version,
        source=source,
        architectures=architectures(sources, models),
        flags=_flags(sources, [_SERVER_ARGS, *groups]),
        variables=variables.read_by(sources, read),
        formats=variable_formats.of_fields(sources, _ENVIRONMENT[0], "Envs"),
        own_model_types=engine_model_types.types(sources, [_CONFIGS], _registries(sources)),
        imports=frozenset(imported_modules(archive, "sglang")) if thorough else frozenset(),
        requires=requires,
        requires_python=requires_python,
    )


def architectures(sources: Sources, members: Iterable[str]) -> frozenset[str]:
    """The classes that model files name in `EntryClass`.

    A file that cannot be imported on the machine is skipped there with a line in the log, so this is an upper bound.
    """
    found: set[str] = set()
    for member in members:
        for statement in _from_entry_class(sources.text(member) or ""):
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id="EntryClass")], value=value)
                    | ast.AnnAssign(target=ast.Name(id="EntryClass"), value=ast.expr() as value)
                ):
                    found |= {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    return frozenset(found)


def _registries(sources: Sources) -> list[str]:
    return [m for m in sources.members if "/hf_transformers" in m and m.endswith(".py")]


def _from_entry_class(text: str) -> list[ast.stmt]:
    """The statements of a file from its first `EntryClass` on, mostly its last line: the rest is not parsed."""
    found = _ENTRY.search(text)
    try:
        return ast.parse(text[found.start() :]).body if found else []
    except (SyntaxError, ValueError):
        return []


def _flags(sources: Sources, members: list[str]) -> tuple[Flag, ...]:
    """By the first spelling; what `add_argument` says wins over a field, as it is said last."""
    reader, found = Reader(sources), dict[str, Flag]()
    for member in members:
        text = sources.text(member) or ""
        module = sources.module(member) if "add_argument" in text or "A[" in text else None
        if module is None:
            continue
        for made in fields.flags(module, reader):
            found.setdefault(made.names[0], made)
        for call, local in arguments.calls(module.tree):
            names = arguments.written_names(call)
            if names:
                keywords = {k.arg: k.value for k in call.keywords if k.arg}
                found[names[0]] = arguments.flag(names, keywords, reader, module, local)
    return tuple(found.values())
