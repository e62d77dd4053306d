"""A line of the audited script that leads into another file, with its place there. A value; reads nothing.

It is a number: everyone sorts, compares and prints lines as numbers, and only who tells a person or a program where to
look needs the file. The number is that of the audited script, as it is for all other lines.
"""

from __future__ import annotations


class ScriptLine(int):
    """Prints as "env.sh:3", in every language; as JSON and in an order it is the line of the audited script."""

    file: str
    """Seen from the folder of the audited script."""
    own: int
    """The line in that file."""

    def __new__(cls, number: int, file: str = "", own: int = 0) -> ScriptLine:
        line = super().__new__(cls, number)
        line.file, line.own = file, own
        return line

    def __str__(self) -> str:
        return f"{self.file}:{self.own}"

    def __repr__(self) -> str:
        return f"ScriptLine({int(self)}, {self.file!r}, {self.own})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScriptLine) and repr(self) == repr(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(repr(self))


def file_of(line: int | None) -> str | None:
    """The file of a line; `None`: the audited script itself, or no line is known."""
    return line.file if isinstance(line, ScriptLine) else None


def own_line(line: int | None) -> int | None:
    """The line in that file; `None` if `file_of` is."""
    return line.own if isinstance(line, ScriptLine) else None
