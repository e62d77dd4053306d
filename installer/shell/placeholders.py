"""What a copied command leaves open (`--model <path to the model>`), and the shell takes for redirections. Pure."""

from __future__ import annotations

import re

NAME = "__left_open__"
"""The variable that replaces one of them; nothing sets it."""
_HEREDOC = re.compile(r"(?<!<)<<-?\s*(['\"]?)(\w+)\1")
_OPEN = re.compile(r"(?<![<&\w$])<([^\W\d][^<>|;&$`'\"\n]*[^\s<>|;&$`'\"])>(?=\s|$|[/:\\\"])")
_LONGEST = 10_000
"""Characters in front of one; no open line is longer than that."""
_ONE_WORD = re.compile(r"[A-Z][A-Z0-9_-]+")


def without(text: str) -> tuple[str, list[tuple[int, str]]]:
    """The text with a variable for each of them; and each with its line. Heredocs, comments and quotes stay."""
    lines, found, waiting = list[str](), list[tuple[int, str]](), list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        if waiting:
            waiting = waiting[1:] if line.strip() == waiting[0] else waiting
            lines.append(line)
        else:
            waiting = [mark for _, mark in _HEREDOC.findall(line)]
            lines.append(_line(line, number, found) if "<" in line else line)
    return "\n".join(lines), found


def _line(line: str, number: int, found: list[tuple[int, str]]) -> str:
    def replaced(match: re.Match[str]) -> str:
        before, inner = line[: min(match.start(), _LONGEST + 1)], match[1]
        quoted = (
            len(before) > _LONGEST
            or before.count("'") % 2
            or before.count('"') % 2
            or before.lstrip().startswith("#")
            or " #" in before
        )
        if quoted or not (" " in inner or _ONE_WORD.fullmatch(inner) or _is_asked(inner)):
            return match[0]
        found.append((number, match[0]))
        return f"${{{NAME}}}"

    return _OPEN.sub(replaced, line)


def _is_asked(inner: str) -> bool:
    return inner.lower().startswith(("your-", "your_", "seu-", "seu_", "path-to", "path_to"))
