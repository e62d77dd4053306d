"""Deploying from a bundle (stages 2 to 7), beside plain copying and unpacking of the same bytes: tar, and uv."""

from __future__ import annotations

import shlex
import shutil
import statistics
from pathlib import Path

import uv

from bench.clock import Timed, forget_files, timed
from bench.install import TOOL
from installer.bundles import source
from installer.host.interpreters import find_pythons

_PLAIN = """
mkdir -p {into} && cd {into}
for part in {parts}; do tar -xf "$part"; done
for slice in $(find . -name '*.slice' | sort); do cat "$slice" >> "${{slice%.*.slice}}"; rm "$slice"; done
{uv} venv -q --python {python} environment
{uv} pip install -q --offline --no-index --no-deps --python environment/bin/python {wheels}
sync
"""


def measure(root: Path, bundle: Path, *, rounds: int) -> dict[str, object]:
    """Pairs of runs, each first in turn, each into new folders that are deleted before the next."""
    opened = source.open_bundle(bundle)
    took: dict[str, list[Timed]] = {"tool": [], "plain": []}
    for turn in range(rounds):
        for who in ("plain", "tool") if turn % 2 == 0 else ("tool", "plain"):
            folder = root / f"{who}-{turn}"
            command = _tool(folder, bundle) if who == "tool" else _plain(folder, opened)
            forget_files()
            done = timed(command, environment={"UV_CACHE_DIR": str(folder / "cache/uv")}, log=root / "output.log")
            if done.code != 0:
                raise SystemExit((root / "output.log").read_text()[-2000:])
            took[who].append(done)
            print(f"{who}: {done.seconds:.1f} s", flush=True)
            shutil.rmtree(folder)
    tool, plain = ([one.seconds for one in took[who]] for who in ("tool", "plain"))
    return {
        "bundle (bytes)": opened.bundle.bytes,
        "from a bundle / copying and unpacking": {
            "ratio": round(statistics.mean(tool) / statistics.mean(plain), 2),
            "tool (s)": [round(seconds, 1) for seconds in tool],
            "plain (s)": [round(seconds, 1) for seconds in plain],
        },
        "peak memory of our processes (MiB)": round(max(one.peak_mib for one in took["tool"])),
    }


def _tool(folder: Path, bundle: Path) -> list[str]:
    return [TOOL, "--home", str(folder), "--bundle", str(bundle), "--stage", "2-7", "--yes"]


def _plain(folder: Path, opened: source.Opened) -> list[str]:
    python = next(found.path for found in find_pythons() if found.version == opened.bundle.python)
    wheels = [member.path for member in opened.bundle.of("wheel")]
    script = _PLAIN.format(
        into=shlex.quote(str(folder)), parts=shlex.join(str(opened.file(part)) for part in opened.parts),
        uv=uv.find_uv_bin(), python=python, wheels=shlex.join(wheels),
    )  # fmt: skip
    return ["sh", "-ec", script]
