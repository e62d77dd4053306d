"""`python …`: its modules, its inline code, its files. Runs nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.core.plans.procedure import Expectation, Imports
from installer.knowledge import launchers
from installer.knowledge.engines import definitions
from installer.shell.commands import environments, hub, launch, pip, python_code
from installer.shell.commands.call import Call
from installer.shell.state import SYSTEM, UNKNOWN, Venv
from installer.shell.trace import ASKED, PRESUMED, UNLIKELY, shown


def run(call: Call) -> str:
    environment = environments.of_program(call.ran.words[0], call.state)
    words = list(call.words)
    while words and words[0].startswith("-") and words[0] not in ("-c", "-m", "-"):
        option = words.pop(0)
        if option in ("-V", "--version"):
            return PRESUMED
        if option in ("-W", "-X") and words:
            words.pop(0)
    match words:
        case ["-c", code, *rest]:
            return code_of(call, code, environment, rest)
        case ["-m", module, *rest]:
            return _module(call, module, rest, environment)
        case [] | ["-", *_]:
            return code_of(call, call.ran.stdin, environment) if call.ran.stdin is not None else PRESUMED
        case [path, *_]:
            return _file(call, path, environment)
    return PRESUMED


def _module(call: Call, module: str, rest: list[str], environment: str) -> str:
    venv = call.state.venvs.get(environment)
    if module == "pip" and venv and not venv.pip and rest[:1] != ["--version"]:
        _no_pip(call, venv)
        return UNLIKELY
    if module == "pip":
        return pip.with_environment(call.with_words((call.ran.words[0], *rest)), environment)
    if module in ("venv", "virtualenv"):
        return make_venv(call, rest, module, environments.version_in(call.ran.words[0]))
    if module == "uv":
        from installer.shell.commands import uv

        return uv.run(call.with_words(("uv", *rest)))
    if definitions.started_by(module):
        return launch.start(call, definitions.started_by(module), rest, environment)
    return _other_module(call, module, rest, environment)


def _other_module(call: Call, module: str, rest: list[str], environment: str) -> str:
    """A module that is no server of ours: one next to the script is read, what starts something else is named."""
    if UNKNOWN in module:
        call.unclear("which module is run is not known")
    elif module in ("torch.distributed.run", "torch.distributed.launch", "accelerate.commands.launch"):
        return call.interpret(call.with_words(("torchrun", *rest)))
    elif (text := call.read(path := f"{module.replace('.', '/')}.py")) is not None:
        return code_of(call, text, environment, rest, call.file(path))
    elif title := launchers.server_of_module(module):
        call.unclear(f"it starts {title}, and only {definitions.titles()} are checked")
    elif module.partition(".")[0] not in sys.stdlib_module_names and not launchers.is_quiet_module(module):
        call.record.candidate(call.ran.line, call.ran.text, f"the module {module} is not known here")
    return PRESUMED


def _no_pip(call: Call, venv: Venv) -> None:
    """uv puts no pip into what it makes."""
    call.record.found(
        Finding(
            code=Code.SHELL_DEFECT,
            severity=Severity.WARNING if call.ran.context.tolerated else Severity.BLOCKER,
            stage=2,
            subject="pip",
            summary=f"There is no pip in the environment {venv.path}: line {call.ran.line} fails.",
            evidence=f"`{shown(call.ran.text, 70)}`; `uv venv` (line {venv.line}) does not install pip into an "
            f"environment.",
            fix="Use `uv pip` there, or make it with `uv venv --seed`.",
            source="https://docs.astral.sh/uv/pip/environments/",
            line=call.ran.line,
        )
    )


def make_venv(call: Call, words: list[str], tool: str, python: str | None = None) -> str:
    """`python -m venv PATH`, `virtualenv PATH`."""
    paths, waiting = [], list(words)
    while waiting:
        word = waiting.pop(0)
        if word in ("-p", "--python", "--prompt") and waiting:
            value = waiting.pop(0)
            python = environments.version_in(value) or python if word != "--prompt" else python
        elif not word.startswith("-"):
            paths.append(word)
    for path in paths:
        environments.make(call, path, tool, python, pip="--without-pip" not in words)
    return PRESUMED


def _file(call: Call, path: str, environment: str) -> str:
    text = None if UNKNOWN in path else call.read(path)
    if text is None and (module := _within(path)):
        if path == module:
            _no_module(call, module)
        return launch.start(call, definitions.started_by(module), call.words[call.words.index(path) + 1 :], environment)
    if text is None:
        call.unclear("the Python file is not next to the script")
        return PRESUMED
    return code_of(call, text, environment, call.words[call.words.index(path) + 1 :], call.file(path))


def _no_module(call: Call, module: str) -> None:
    """`python package.module`, without `-m`: Python looks for a file of that name."""
    call.record.found(
        Finding(
            code=Code.SHELL_DEFECT, severity=Severity.WARNING if call.ran.tolerated else Severity.BLOCKER, stage=10,
            subject=module,
            summary=f"Python is told to run a file called {module}, and there is none: the server never starts.",
            evidence=f"`{shown(' '.join(call.ran.words), 70)}`: without -m, Python takes the word for a file's name.",
            fix=f"Write `{call.ran.name} -m {module}`.", source="https://docs.python.org/3/using/cmdline.html",
            line=call.ran.line,
        )
    )  # fmt: skip


def _within(path: str) -> str:
    """The module of an engine that a path (`package/module.py`) leads to; else empty."""
    dotted = path.removesuffix(".py").replace("/", ".")
    return next(
        (
            module
            for engine in definitions.engines().values()
            for module in engine.modules
            if dotted == module or dotted.endswith(f".{module}")
        ),
        "",
    )


def code_of(
    call: Call, code: str | None, environment: str = SYSTEM, arguments: Sequence[str] = (), file: str = ""
) -> str:  # fmt: skip
    """What Python that is started with `arguments` asks of the environment at this point; `file`: where it is."""
    found = python_code.read(code, arguments) if code is not None else None
    if found is None:
        call.unclear("this is not readable Python")
        return PRESUMED
    if not call.ran.context.asked or call.ran.context.fatal:
        _required(call, found, environment)
    else:
        _asked(call, found, environment)
    for model, token, folder in found.models:
        hub.fetched(call, model, True if token else None, folder)
    begins = None if file else call.record.place(code or "")
    for engine, options, line in found.servers:
        launch.start(call.at(begins, line).within(file, line), engine, options, environment)
    for text, line in found.commands:
        call.follow(text, call.at(begins, line).within(file, line), (), True)
    return ASKED if call.ran.context.asked and call.ran.tolerated else PRESUMED


def _required(call: Call, found: python_code.Read, environment: str) -> None:
    firm = tuple(module for module, caught in found.imports if not caught)
    if firm:
        call.emit(Imports(9, modules=tuple(dict.fromkeys(firm))), environment)
    for package, specifier in found.expected:
        call.emit(Expectation(9, package=package, specifier=specifier), environment)


def _asked(call: Call, found: python_code.Read, environment: str) -> None:
    """In a condition: what the answer means, the script decides; only a check that ends it is one."""
    if not call.ran.tolerated:
        _required(call, found, environment)
