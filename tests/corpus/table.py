"""`python -m tests.corpus.table [HOME]`: asks every case, writes the table of foresight.md. Decides nothing."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from tests.corpus import results as kept_results
from tests.corpus.alone import compiled
from tests.corpus.cases import Run, ask, load
from tests.corpus.results import Result

DOCUMENT = Path(__file__).parents[2] / "docs/evidence/foresight.md"
BEGIN, END = "<!-- corpus: begin -->\n", "<!-- night: end -->\n"


Alone = Callable[[Run, Path], str]


def measure(runs: Iterable[Run], home: Path, alone: Alone = compiled) -> dict[str, Result]:
    """Asks everything, three scripts at a time: most of it is waiting for the index."""
    scripts: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        scripts.setdefault((run.kind, run.name), []).append(run)
    with ThreadPoolExecutor(3) as pool:
        return dict(chain.from_iterable(pool.map(lambda asked: _one_script(asked, home, alone), scripts.values())))


def _one_script(runs: Sequence[Run], home: Path, alone: Alone) -> list[tuple[str, Result]]:
    places = {run.machine: run for run in runs}
    said = {machine: alone(run, home / "cache" / "uv") for machine, run in places.items()}
    return [(run.key, kept_results.result(run, ask(run, home), said[run.machine])) for run in runs]


def _sums(runs: Sequence[Run], results: Mapping[str, Result]) -> Iterator[str]:
    for title, wanted in (
        (
            "States of the corpus that were predictable",
            [r for r in runs if r.kind == "rows" and r.predictable == "yes"],
        ),
        ("States that were partly predictable", [r for r in runs if r.kind == "rows" and r.predictable == "partly"]),
        ("States with an unknown cause", [r for r in runs if r.kind == "rows" and r.predictable in ("no", "unknown")]),
        ("Other complaints", [r for r in runs if r.kind == "complaints"]),
    ):
        of = [results[run.key] for run in wanted]
        yield (
            f"| {title} | {len(of)} | {sum(one.foreseen for one in of)} | {sum(one.cause for one in of)} "
            f"| {sum(bool(one.alarms) for one in of)} | {sum(one.uv == 'refused' for one in of)} |"
        )
    good = [results[run.key] for run in runs if run.kind == "good"]
    yield (
        f"| Stacks that are known to be good | {len(good)} | - | - | {sum(bool(one.alarms) for one in good)} "
        f"| {sum(one.uv == 'refused' for one in good)} |"
    )


def _row(run: Run, found: Result) -> str:
    expected = ", ".join(map(str, run.expected)) or "nothing"
    came = "yes" if found.foreseen else f"**no** ({found.verdict})"
    cause = ("yes" if found.cause else "**no**") if run.expected else "-"
    alarms = ", ".join(f"**`{code}`**" for code in found.alarms) or "none"
    if found.noise:
        alarms += " (said too: " + ", ".join(f"`{code}`" for code in found.noise) + ")"
    where = f"{Path(run.machine).name}, {run.as_of}"
    model = "" if run.model == "none" else run.model
    return f"| `{run.name}` | {run.what} | {model} | {where} | {expected} | {came} | {cause} | {alarms} | {found.uv} |"


HEAD = (
    "| case | what it is | model | machine, day | expected | {} | right cause | false alarms | `uv pip compile` alone |"
)


def _tables(runs: Sequence[Run], results: Mapping[str, Result]) -> Iterator[str]:
    for kind, title, word in (
        ("rows", "The corpus", "foreseen"),
        ("complaints", "Other complaints of the same kinds", "foreseen"),
        ("good", "Known-good stacks", "no blocker"),
    ):
        yield f"\n## {title}\n"
        yield HEAD.format(word)
        yield "|---|---|---|---|---|---|---|---|---|"
        yield from (_row(run, results[run.key]) for run in runs if run.kind == kind)


def rendered(runs: Sequence[Run], results: Mapping[str, Result]) -> str:
    """The generated part of the document."""
    lines = [
        "| | questions | foreseen | with the right cause | with a false alarm | `uv pip compile` refuses |",
        "|---|---|---|---|---|---|",
        *_sums(runs, results),
        *_tables(runs, results),
    ]
    return "\n".join(lines) + "\n"


def replaced(document: str, table: str) -> str:
    before, _, rest = document.partition(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}"


def main(arguments: Sequence[str]) -> int:
    runs = load()
    with tempfile.TemporaryDirectory() as made:
        found = measure(runs, Path(arguments[0] if arguments else made))
    kept_results.keep(found)
    DOCUMENT.write_text(replaced(DOCUMENT.read_text(encoding="utf-8"), rendered(runs, found)), encoding="utf-8")
    wrong = kept_results.wrong(runs, found)
    print("\n".join(wrong) or "all as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
