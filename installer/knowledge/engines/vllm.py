"""What one release of vLLM says about itself: its flags, its architectures, the variables that it reads.

Flags are `add_argument` calls, whose keywords are written out (up to 0.8), or taken from config classes (from 0.9),
and fields of the frontend's classes (from 0.10). Reads sources; never imports them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from installer.core.plans.flag import Flag
from installer.core.plans.stack import EngineFacts
from installer.knowledge.engines import (
    arguments,
    config_fields,
    engine_model_types,
    json_fields,
    variable_formats,
    variables,
)
from installer.knowledge.engines.imports import imported_modules
from installer.knowledge.engines.sources import Members, Module, Sources, metadata
from installer.knowledge.engines.values import Reader

_ARGUMENTS = "vllm/engine/arg_utils.py"
_PARSERS = ("vllm/utils/argparse_utils.py", "vllm/utils/__init__.py", "vllm/utils.py")
_ENTRYPOINTS = "vllm/entrypoints/"
_FRONTEND = "cli_args.py"
"""Somewhere below the entry points: its folder was openai, launchers (0.29 to 0.32) and common."""
_OLD_FRONTEND = "vllm/entrypoints/openai/api_server.py"
_EXTRA = ("vllm/entrypoints/cli/serve.py", "vllm/scripts.py")
_REGISTRIES = (
    "vllm/model_executor/models/registry.py",
    "vllm/model_executor/models/__init__.py",
    "vllm/model_executor/model_loader.py",
)
_VARIABLES = "vllm/envs.py"
_CONFIGS = "vllm/transformers_utils/configs/"
_REGISTRY = "vllm/transformers_utils/config.py"
_TABLE = re.compile(r"_?([A-Z]+_)*(MODELS|MODEL_REGISTRY)")
_NOT_THERE = ("ROCM", "PREVIOUSLY", "OOT", "UNSUPPORTED")
_CLASSES = ("FrontendArgs", "BaseFrontendArgs")


def facts(version: str, archive: Members, source: str, *, thorough: bool = False) -> EngineFacts | None:
    """Everything that a release says; `None` if it is not laid out as any that is known.

    `thorough` also looks for variables in every file and follows its imports, which costs most of its sources.
    """
    sources = Sources(archive)
    if _ARGUMENTS not in sources.members:
        return None
    sources.fetch([_ARGUMENTS, *_PARSERS[:2], *_frontends(sources), *_EXTRA, *_REGISTRIES, _VARIABLES])
    sources.fetch(sources.within("vllm/config"))
    read = sources.within("vllm/") if thorough else [_ARGUMENTS, _VARIABLES]
    requires, requires_python = metadata(archive)
    architectures, formerly = _architectures(sources)
    return EngineFacts(
        engine="vllm",
        version=version,
        source=source,
        architectures=architectures,
        formerly=formerly,
        flags=_flags(sources),
        underscores=any("class FlexibleArgumentParser" in (sources.text(member) or "") for member in _PARSERS),
        variables=variables.read_by(sources, read, table=_VARIABLES),
        fields=json_fields.fields(module, Reader(sources)) if (module := sources.module(_ARGUMENTS)) else {},
        formats=variable_formats.formats(sources, _VARIABLES),
        own_model_types=engine_model_types.types(sources, [_CONFIGS], [_REGISTRY]),
        imports=frozenset(imported_modules(archive, "vllm")) if thorough else frozenset(),
        requires=requires,
        requires_python=requires_python,
    )


def _architectures(sources: Sources) -> tuple[frozenset[str], Mapping[str, str]]:
    module = next((m for m in map(sources.module, _REGISTRIES) if m and any(map(_is_table, m.assigned))), None)
    if module is None:
        return frozenset(), {}
    reader, found = Reader(sources), set[str]()
    for name in filter(_is_table, module.assigned):
        table = reader.value(module.assigned[name], module)
        found |= {key for key in table if isinstance(key, str)} if isinstance(table, dict) else set()
    formerly = reader.value(module.assigned.get("_PREVIOUSLY_SUPPORTED_MODELS"), module)
    gone = {k: v for k, v in formerly.items() if isinstance(v, str)} if isinstance(formerly, dict) else {}
    return frozenset(found - gone.keys()), gone


def _is_table(name: str) -> bool:
    return bool(_TABLE.fullmatch(name)) and not any(word in name for word in _NOT_THERE)


def _flags(sources: Sources) -> tuple[Flag, ...]:
    reader, found = Reader(sources), dict[str, Flag]()
    for member in (*_frontends(sources), _ARGUMENTS, *_EXTRA):
        module = sources.module(member)
        if module is None:
            continue
        configs = _Configs(module, reader)
        for made in (*_frontend(module, reader), *configs.flags()):
            found.setdefault(_main(made), made)
    return tuple(replace(made, names=(name, *(n for n in made.names if n != name))) for name, made in found.items())


def _frontends(sources: Sources) -> list[str]:
    """Where the options of the HTTP server are."""
    found = [member for member in sources.within(_ENTRYPOINTS) if member.endswith(f"/{_FRONTEND}")]
    return found or [member for member in (_OLD_FRONTEND,) if member in sources.members]


def _main(made: Flag) -> str:
    return next((name for name in made.names if name.startswith("--")), made.names[0])


def _frontend(module: Module, reader: Reader) -> Iterator[Flag]:
    for name in _CLASSES:
        owner = module.classes.get(name)
        made = _customized(module, config_fields.keywords(owner, module, reader)) if owner else {}
        for field, keywords in made.items():
            names = ("--" + field.replace("_", "-"),)
            yield arguments.flag(names, keywords, reader, module, {})


def _customized(module: Module, made: dict[str, config_fields.Keywords]) -> dict[str, config_fields.Keywords]:
    """With what the class changes by hand: `kwargs["middleware"]["type"] = str`, `del kwargs[…]["nargs"]`."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Assign(targets=[target], value=value) if place := _place(target):
                made.get(place[0], {})[place[1]] = value
            case ast.Delete(targets=[target]) if place := _place(target):
                made.get(place[0], {}).pop(place[1], None)
    return made


def _place(node: ast.expr) -> tuple[str, str] | None:
    match node:
        case ast.Subscript(
            value=ast.Subscript(slice=ast.Constant(value=str() as field)), slice=ast.Constant(value=str() as key)
        ):
            return field, key
    return None


class _Configs:
    """The `add_argument` calls of a module, with the keywords that come from config classes."""

    def __init__(self, module: Module, reader: Reader) -> None:
        self._module, self._reader = module, reader
        self._made: dict[str, dict[str, config_fields.Keywords]] = {}

    def flags(self) -> Iterator[Flag]:
        for call, local in arguments.calls(self._module.tree):
            names = arguments.written_names(call)
            if names:
                keywords = self._keywords(call, local)
                yield arguments.flag(names, keywords, self._reader, self._module, local)

    def _keywords(self, call: ast.Call, local: Mapping[str, ast.expr]) -> config_fields.Keywords:
        found: config_fields.Keywords = {}
        for keyword in call.keywords:
            if keyword.arg:
                found[keyword.arg] = keyword.value
            else:
                found.update(self._spread(keyword.value, local))
        return found

    def _spread(self, node: ast.expr, local: Mapping[str, ast.expr]) -> config_fields.Keywords:
        """`**model_kwargs["dtype"]`, also through a name, or inside `{**…, "default": None}`."""
        match node:
            case ast.Dict(keys=keys, values=values):
                found: config_fields.Keywords = {}
                for key, value in zip(keys, values, strict=True):
                    if key is None:
                        found.update(self._spread(value, local))
                    elif isinstance(key, ast.Constant):
                        found[str(key.value)] = value
                return found
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as field)) if name in local:
                return dict(self._config(local[name]).get(field, _OPEN))
            case ast.Subscript(value=ast.Call() as made, slice=ast.Constant(value=str() as field)):
                return dict(self._config(made).get(field, _OPEN))
            case ast.Name(id=name) if name in local:
                kept = self._spread(local[name], local)
                return {key: value for key, value in kept.items() if key != "choices"} | {"type": ast.Name("computed")}
        return dict(_OPEN)

    def _config(self, node: ast.expr) -> dict[str, config_fields.Keywords]:
        match node:
            case ast.Call(func=ast.Name(id="get_kwargs"), args=[ast.Name(id=name)]):
                if name not in self._made:
                    owner = self._reader.class_of(ast.Name(name), self._module)
                    self._made[name] = config_fields.keywords(owner[1], owner[0], self._reader) if owner else {}
                return self._made[name]
        return {}


_OPEN: config_fields.Keywords = {"nargs": ast.Constant("?"), "type": ast.Name("computed")}
"""Nothing is known of it: it may take a value, or none."""
