"""The table of the stages in docs/stages.md, written from the stages themselves.

`python -m installer.session.stage_reference` updates it in the checkout; a test fails when it is stale. What people
wrote around the table stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from installer.core.contracts.stage import Stage
from stages import STAGES

FILE = Path("docs/stages.md")
BEGIN, END = "<!-- stages -->", "<!-- end of stages -->"


def written(text: str, stages: Sequence[Stage] = STAGES) -> str:
    """`text` with what is between the two marks made from `stages`."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{chr(10).join(table(stages))}\n{END}{after}"


def table(stages: Sequence[Stage]) -> Iterator[str]:
    """A row for each stage."""
    yield "| | name | what it does | how it is rolled back | works on |"
    yield "|---|---|---|---|---|"
    for stage in stages:
        link = f"[{stage.name}](#{anchor(stage)})"
        yield f"| {stage.number} | {link} | {stage.summary} | {_sentence(stage.undo)} | {_place(stage)} |"


def anchor(stage: Stage) -> str:
    """What the heading of a stage's paragraph is called in links."""
    return f"{stage.number}-{stage.name}"


def _place(stage: Stage) -> str:
    if not stage.traits.changes_environment:
        return "no environment"
    return "a new, empty draft" if stage.traits.starts_empty else "the run's draft"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text(encoding="utf-8")), encoding="utf-8")
