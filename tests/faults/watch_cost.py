"""What watching costs: `python -m tests.faults.watch_cost --seconds 120`, over the small server, as by default.

Processor time of the supervisor, in percent of one core: with nothing to watch but deaths, with a token every 30 s, and
with figures and an idle stop beside that. On a busy machine a second costs no more processor time than on a quiet one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from installer.core.contracts.watching import Deadlines, Watching
from installer.core.runs.home import Home
from installer.host import deadlines, serving
from installer.host.server_state import read_state
from tests.host.test_supervisor import answers, spec, until

_COUNTS = {"requests": ("vllm:request_success_total",), "tokens": ("vllm:generation_tokens_total",)}
WAYS = {
    "deaths alone": (Watching(every_s=0), Deadlines()),
    "a token every 30 s": (Watching(), Deadlines()),
    "figures and idle stop, too": (Watching(counts=_COUNTS), Deadlines(idle_stop_s=3600)),
}


def seconds(pid: int) -> float:
    """Of processor time, its threads together."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def measured(home: Home, watching: Watching, wanted: Deadlines, patience_s: float) -> float:
    """Percent of a core."""
    deadlines.keep(home.server, wanted)
    launch = replace(spec("--figures", "true", "--children", "4"), watching=watching)
    state = serving.launch(home, launch, dict(os.environ))
    try:
        until(lambda: answers(state), "answered")
        serving.mark_ready(home, 1.0)
        time.sleep(5)
        supervisor = read_state(home).supervisor
        before, began = seconds(supervisor), time.monotonic()
        time.sleep(patience_s)
        return 100 * (seconds(supervisor) - before) / (time.monotonic() - began)
    finally:
        serving.stop(home, 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.watch_cost", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    patience_s = parser.parse_args().seconds
    for name, (watching, wanted) in WAYS.items():
        root = Path(tempfile.mkdtemp(prefix="watch-cost-"))
        try:
            print(f"{name}: {measured(Home(root), watching, wanted, patience_s):.3f} % of a core", flush=True)
        finally:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
