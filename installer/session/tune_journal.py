"""The trials of `server tune`, kept as they end, so that the same question asked again continues where it was. One file
for each question: what is served from, by which release, on which GPU, under which load.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from installer.core.runs.home import Home
from installer.diagnostics.bench_clients import Load, Measured
from installer.disk.rows import read_rows, write_rows
from installer.session.tune_space import Point


@dataclass(frozen=True, slots=True)
class Journal:
    home: Home
    question: dict[str, Any]

    @property
    def name(self) -> str:
        digest = hashlib.sha256(json.dumps(self.question, sort_keys=True).encode()).hexdigest()[:10]
        return f"{self.question.get('recipe', 'server')}-{digest}"

    def known(self, point: Point) -> Sequence[Measured] | None:
        """What was measured at that point before."""
        found = [row for row in read_rows(self._file) if row.get("point") == point.key]
        try:
            return [_measured(load) for load in found[-1]["loads"]] if found else None
        except (KeyError, TypeError):
            return None

    def note(self, point: Point, loads: Sequence[Measured]) -> None:
        row = {"point": point.key, "name": point.name, "loads": [asdict(load) for load in loads]}
        self.home.tuning.mkdir(parents=True, exist_ok=True)
        write_rows(self._file, [*read_rows(self._file), row])

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)

    @property
    def _file(self) -> Any:
        return self.home.tuning / f"{self.name}.jsonl"


def _measured(body: dict[str, Any]) -> Measured:
    return Measured(**{**body, "load": Load(**body["load"])})
