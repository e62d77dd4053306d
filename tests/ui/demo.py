"""The screen with a recorded run behind it: `python tests/ui/demo.py [JOURNAL] [--speed N] [--attach] [--plan …]`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from installer.core.errors import DeployError
from installer.core.plans.plan import Plan
from installer.ui.app import run_app
from tests.ui.plans import blocked_plan, cpu_plan, satisfied_plan
from tests.ui.replay import EIGHT_GPUS, NO_GPU, ONE_GPU, READY, STOPPED, ReplaySession


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("journal", nargs="?", default="success-stand-in")
    parser.add_argument("--speed", type=float, default=8.0, help="times as fast as it was")
    parser.add_argument("--attach", action="store_true", help="the run is in progress already")
    parser.add_argument("--plan", choices=("cpu", "blocked", "satisfied", "error"), default="cpu")
    parser.add_argument("--gpus", type=int, choices=(0, 1, 8), default=0)
    options = parser.parse_args()

    def planned(recipe: str) -> Plan:
        time.sleep(1.5)
        return {"blocked": blocked_plan, "satisfied": satisfied_plan}.get(options.plan, cpu_plan)(recipe)

    error = DeployError(
        "The package index does not answer.", "https://index.example/simple/ timed out after 5 s, three times.",
        "Check the network, or name a folder of wheels in pip's configuration (find-links).",
    )  # fmt: skip
    session = ReplaySession(
        options.journal, attached=options.attach, live=options.journal == "running-stage-6", speed=options.speed,
        planned=planned, error=error if options.plan == "error" else None,
        served=READY if options.plan == "satisfied" else STOPPED,
        reading={0: NO_GPU, 1: ONE_GPU, 8: EIGHT_GPUS}[options.gpus],
    )  # fmt: skip
    return run_app(session)


if __name__ == "__main__":
    sys.exit(main())
