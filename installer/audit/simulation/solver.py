"""Puts one question to uv's resolver at a time and keeps the answers. Installs nothing, and runs no package's code.

Every call is bounded in time. An answer about a day that is over is kept for good, any other for ten minutes.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from packaging.utils import canonicalize_name

from installer.audit.simulation import resolver_output, stub_wheels
from installer.audit.simulation.origins import Origins
from installer.audit.simulation.resolver_query import Answer, ResolverQuery, from_json
from installer.core.contracts.host import Host
from installer.core.errors import DamagedError
from installer.core.runs.home import Home
from installer.disk.reading import LARGE, read_json
from installer.disk.writing import write_atomically
from installer.knowledge.packages import having
from installer.packages import uv
from installer.packages.resolver_errors import is_of_network

_LIMIT_S = 60.0
_OFFLINE_LIMIT_S = 8.0
_FRESH_S = 600
_MOST_UNREAD = 6
_UNBUILT = re.compile(r"Failed to (?:download and )?build `([A-Za-z0-9._-]+)==([^`]+)`")
_FORMAT = "1"
"""Raised when the meaning of a kept answer changes."""
_INDEX_VARIABLES = (
    "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX",
    "UV_EXCLUDE_NEWER", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_PRERELEASE", "UV_RESOLUTION", "UV_INDEX_STRATEGY",
    "UV_CONFIG_FILE", "UV_TORCH_BACKEND",
)  # fmt: skip
"""What would let this machine's own habits into someone else's procedure."""


@dataclass(frozen=True, slots=True)
class Solver:
    host: Host
    home: Home
    python: str
    platform: str
    origins: Origins
    offline: bool = False
    _environment: dict[str, str] = field(init=False, repr=False)
    _uv: str = field(init=False, repr=False)
    _interpreter: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        sources, base = self.host.sources(), self.host.environment()
        values = uv.environment({k: v for k, v in base.items() if k not in _INDEX_VARIABLES}, self.home, sources)
        values |= {"UV_PYTHON_DOWNLOADS": "never", "RUST_LOG": "uv_resolver=debug", **uv.BRIEF}
        object.__setattr__(self, "_environment", values)
        # Looked up once, here: questions are asked at the same time, and these look-ups are not made for that.
        object.__setattr__(self, "_uv", self.host.uv())
        object.__setattr__(self, "_interpreter", self.host.python(self.python) or sys.executable)

    def solve(self, query: ResolverQuery) -> Answer:
        """What uv makes of `query`, now or within the last minutes."""
        kept = self._folder / f"{query.key(_FORMAT, self.python, self.platform)}.json"
        if answer := self._kept(kept, query):
            return answer
        answer = self._without_building(query)
        if answer.solved or not (answer.code == 124 or is_of_network(answer.output)):
            _keep(answer, kept)
        return answer

    def _without_building(self, query: ResolverQuery) -> Answer:
        """Ask; what only a build would tell counts as a package that needs nothing, and is named in the answer."""
        answer = self._ask(query)
        for _ in range(_MOST_UNREAD):
            release = unbuilt(answer.output)
            if answer.solved or release is None or release in query.known_requirements:
                break
            query = replace(query, known_requirements=(*query.known_requirements, release))
            answer = self._ask(query)
        return replace(answer, unread=tuple(f"{stub.name}=={stub.version}" for stub in query.known_requirements))

    @property
    def _folder(self) -> Path:
        return self.home.cache / "simulations"

    def _kept(self, file: Path, query: ResolverQuery) -> Answer | None:
        past = bool(query.as_of) and str(query.as_of) < date.today().isoformat()
        try:
            if not (past or self.offline) and not 0 <= time.time() - file.stat().st_mtime <= _FRESH_S:
                return None
            body = read_json(file, LARGE)
            return None if body is None else from_json(body)
        except (OSError, ValueError, KeyError, TypeError, DamagedError):
            return None

    def _ask(self, query: ResolverQuery) -> Answer:
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="asking-", dir=self._folder))
        try:
            return self._run(query, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, query: ResolverQuery, folder: Path) -> Answer:
        _write(query, self.origins, folder)
        heard = resolver_output.ResolverLog()
        done = self.host.run(
            self._command(query),
            environment=self._environment | uv.find_links((*query.links, *(["stubs"] if query.stubs else []))),
            folder=folder,
            on_line=heard.line,
            timeout_s=_OFFLINE_LIMIT_S if self.offline else _LIMIT_S,
        )
        written = folder / "solved.txt"
        solved = done.code == 0 and written.exists()
        return Answer(
            done.code,
            tuple(resolver_output.picked(written.read_text(encoding="utf-8"))) if solved else (),
            resolver_output.requirements_of(heard.needs),
            heard.files,
            "" if solved else _without_log(done.output),
        )

    def _command(self, query: ResolverQuery) -> list[str]:
        command = [
            self._uv, "pip", "compile", "wanted.in", "-o", "solved.txt", "--config-file", "uv.toml",
            "--no-header", "--color", "never", "--no-progress", "--annotation-style", "line", "--emit-index-annotation",
            "--python-version", self.python, "--python-platform", self.platform,
            "--python", self._interpreter,
            "-c", "constraints.txt", "--overrides", "overrides.txt", "-b", "backends.txt",
        ]  # fmt: skip
        choices: Mapping[str, bool | str | None] = {
            "--offline": self.offline,
            "--no-index": not query.default and not query.indexes,
            "--no-deps": query.no_deps,
            "--no-build": query.only_binary,
            "--prerelease=allow": query.pre,
            "--resolution=lowest-direct": query.lowest,
            "--index-strategy=unsafe-best-match": query.best_match,
        }
        command += [flag for flag, wanted in choices.items() if wanted]
        for stub in query.stubs:
            if re.search(r"\d(a|b|rc|\.dev)\d", stub.version):
                command += ["--prerelease-package", f"{stub.name}=allow"]
        for host in self.origins.trusted_hosts:
            command += ["--allow-insecure-host", host]
        return command + (["--exclude-newer", query.as_of] if query.as_of else [])


def _write(query: ResolverQuery, origins: Origins, folder: Path) -> None:
    """The files that uv reads."""
    texts = {
        "wanted.in": query.requires,
        "solved.txt": query.preferences,
        "constraints.txt": query.constraints,
        "overrides.txt": query.overrides,
        "backends.txt": [f"{name}<0" for name in sorted(having("builds"))],
        "uv.toml": _settings(query, origins),
    }
    for name, lines in texts.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if query.stubs:
        stub_wheels.write(query.stubs, folder / "stubs")


def _settings(query: ResolverQuery, origins: Origins) -> list[str]:
    """uv's settings: the indexes. A page counts as fresh for ten minutes, whatever its server says."""
    lines: list[str] = []
    for url in (*query.indexes, *([query.default] if query.default else [])):
        lines += ["[[index]]", f"url = {json.dumps(url)}"]
        lines += ["default = true"] if url == query.default else []
        # Only the public index and its mirrors tell when a file came; without that uv would leave everything out.
        lines += ["exclude-newer = false"] if query.as_of and url != origins.default else []
        lines += [f'cache-control = {{ api = "max-age={_FRESH_S}", files = "max-age=31536000, immutable" }}']
    for stub in query.known_requirements:
        lines += ["[[dependency-metadata]]", f"name = {json.dumps(stub.name)}", f"version = {json.dumps(stub.version)}"]
        lines += [f"requires-dist = {json.dumps(list(stub.requires))}"]
    return lines


def unbuilt(output: str) -> stub_wheels.Stub | None:
    """The release that uv could not read without building it; `None` if that is not what went wrong."""
    match = _UNBUILT.search(output)
    return stub_wheels.Stub(canonicalize_name(match[1]), match[2]) if match else None


def _without_log(output: str) -> str:
    lines = [line for line in output.splitlines() if not line.lstrip().startswith(("DEBUG", "TRACE", "INFO", "WARN"))]
    return "\n".join(lines)[-20000:]


def _keep(answer: Answer, file: Path) -> None:
    write_atomically(file, json.dumps(answer.to_json()))
