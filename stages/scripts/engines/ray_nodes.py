"""`python ray_nodes.py N`: ends once the Ray cluster that this machine is in has N nodes.

Runs with the Python of the environment, or of an image. It must never start a cluster of its own.
"""

from __future__ import annotations

import importlib
import sys
import time

_WAIT_S = 600.0


def main(wanted: int) -> str | None:
    """Why it did not come to that; nothing if it did."""
    ray = importlib.import_module("ray")
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until:
        try:
            ray.init("auto", log_to_driver=False, logging_level="ERROR", ignore_reinit_error=True)
            if sum(bool(node["Alive"]) for node in ray.nodes()) >= wanted:
                return None
        except ConnectionError:
            pass
        time.sleep(1.0)
    return f"The Ray cluster did not reach {wanted} nodes within {_WAIT_S:.0f} s."


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
