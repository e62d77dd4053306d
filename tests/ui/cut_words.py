"""Words that are cut or left in English on the screen, at 80x24: `python -m tests.ui.cut_words LANGUAGE [STATE …]`.

Prints a line each; nothing where all is whole. A process of its own, because the labels of classes are asked for once,
in the language that is spoken then.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator

from installer.core.text import languages

LANGUAGE = sys.argv[1] if __name__ == "__main__" else languages.ENGLISH
languages.use_language(LANGUAGE)

from textual.widgets import DataTable, Footer  # noqa: E402

from installer.ui.app import DeployApp  # noqa: E402
from stages import STAGES  # noqa: E402
from tests import translations  # noqa: E402
from tests.ui.frozen import frozen, text_of  # noqa: E402
from tests.ui.states import STATES  # noqa: E402

SIZE = (80, 24)
LOOKED_AT = (
    "works", "blocked", "failed-before", "recipes", "flags", "serve", "generations", "incidents", "running",
    "running-again", "failed-stages", "failed", "success", "log", "help", "roll-back",
)  # fmt: skip
SHORT = 26
"""Of a label, a state, a heading; what is longer is a sentence, which may be cut where all of it stands elsewhere."""
LEAST = 3
APART = re.compile(r"\s{2,}|[│╭╰╮╯─]+|  ·  ")
NAMES = {stage.name for stage in STAGES}
"""These are the same in every language."""


def words(language: str) -> dict[str, str]:
    """Each short message, and what it is in that language."""
    catalogue = translations.read(translations.catalogues()[language], language)
    return {
        one.id: str(one.string)
        for one in catalogue
        if one.id and isinstance(one.id, str) and len(str(one.string)) <= SHORT and "{" not in one.id
    }


def found(app: DeployApp, known: dict[str, str]) -> Iterator[str]:
    text, whole = text_of(app), set(known.values())
    begins = {word[:end] for word in whole for end in range(LEAST, len(word))}
    for line in text.splitlines():
        for match in re.finditer("…", line):
            before = line[max(0, match.start() - SHORT) : match.start()]
            starts = [before[at:] for at in range(len(before)) if at == 0 or before[at - 1] in " │"]
            yield from (f"cut: {part}…" for part in starts if part in begins and f"{part}…" not in whole)
        for part in APART.split(line):
            if known.get(part, part) != part and part not in whole and part not in NAMES:
                yield f"left in English: {part}"
    for table in app.screen.query(DataTable):
        for column in table.columns.values():
            if column.content_width > column.width:
                yield f"wider than its column: {column.label} {column.content_width} > {column.width}"
    for footer in app.screen.query(Footer):
        keys = [key for key in footer.query("FooterKey") if not key.has_class("-command-palette")]
        room = footer.size.width - sum(key.size.width + 1 for key in footer.query("FooterKey.-command-palette"))
        yield from (f"beyond the last line: {key.description}" for key in keys if key.region.right > room)  # type: ignore[attr-defined]


async def looked_at(state: str, known: dict[str, str]) -> list[str]:
    session, arrived = STATES[state]
    app = frozen(session())
    async with app.run_test(size=SIZE) as pilot:
        await arrived(pilot)
        return [f"{state}: {each}" for each in found(app, known)]


async def main(language: str, states: list[str]) -> None:
    known = words(language)
    for state in states or LOOKED_AT:
        for line in await looked_at(state, known):
            print(line)


if __name__ == "__main__":
    asyncio.run(main(LANGUAGE, sys.argv[2:]))
