"""Whether a piece of a script ends it (`exit 1`, a function that exits), read off its syntax alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from installer.shell.syntax import Block, Chain, Command, Function, Group, If, Literal, Simple

_NOISE = frozenset(("echo", "printf", "true", ":", "log", "warn", "info", "print_warning", "print_error"))


_STOPS = {
    **dict.fromkeys(("kill", "pkill", "killall", "wait"), ()),
    **dict.fromkeys(("docker", "podman"), ("stop", "rm", "kill", "down")),
    **dict.fromkeys(("systemctl", "apptainer", "singularity"), ("stop",)),
    "fuser": ("-k",), "screen": ("quit",), "pm2": ("stop", "delete", "kill"),
    "tmux": ("kill-session", "kill-server", "kill-pane", "kill-window"),
}  # fmt: skip
"""Commands that end servers, or wait until they end, with the words of which one must be there."""


def stops_servers(words: Sequence[str]) -> bool:
    """Whether servers that ran until then do not run any more behind a command."""
    name = words[0].rpartition("/")[2] if words else ""
    wanted = _STOPS.get(name)
    if wanted is None or (name == "kill" and "-0" in words):
        return False
    return not wanted or any(word in wanted for word in words[1:])


def ends(command: Command, functions: Mapping[str, Function], depth: int = 4) -> bool:
    """Whether everything after `command` is not reached."""
    match command:
        case Simple():
            name = first_word(command)
            if name in ("exit", "return"):
                return True
            return depth > 0 and name in functions and block_ends(functions[name].body, functions, depth - 1)
        case Group():
            return not command.subshell and block_ends(command.body, functions, depth)
        case Chain():
            return ends(command.first, functions, depth) or (
                all(operator == "&&" for operator, _ in command.rest)
                and _is_noise(command.first)
                and ends(command.rest[-1][1], functions, depth)
            )
        case If():
            bodies = [body for _, body in command.branches]
            return bool(command.otherwise) and all(
                block_ends(body, functions, depth) for body in (*bodies, command.otherwise)
            )
    return False


def block_ends(block: Block, functions: Mapping[str, Function], depth: int = 4) -> bool:
    return any(ends(command, functions, depth) for command in block)


def does_nothing(command: Command) -> bool:
    """Whether it only says something, so that a failure before it is ignored."""
    match command:
        case Simple():
            return _is_noise(command)
        case Group():
            return bool(command.body) and all(does_nothing(inner) for inner in command.body)
        case Chain():
            return does_nothing(command.first) and all(does_nothing(inner) for _, inner in command.rest)
    return False


def first_word(command: Simple) -> str:
    """The name of a command where that is plainly written."""
    if not command.words:
        return ""
    parts = command.words[0].parts
    return "".join(part.text for part in parts) if all(isinstance(part, Literal) for part in parts) else ""  # type: ignore[union-attr]


def _is_noise(command: Command) -> bool:
    return isinstance(command, Simple) and first_word(command) in _NOISE
