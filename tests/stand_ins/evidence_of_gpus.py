"""The evidence of an incident on a machine with two GPUs; `lost` in the home says which are off the bus (NVML code)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from unittest import mock

from installer.host import evidence, gpu
from tests.stand_ins.nvml import Card, Nvml


def main() -> None:
    told = json.loads(sys.stdin.read())
    folder = Path(told["folder"])
    lost = json.loads((folder.parents[2] / "lost").read_text())
    cards = [Card("NVIDIA L4", f"GPU-{n}", 24 << 30, given_up=lost.get(str(n))) for n in range(2)]
    with (
        mock.patch.dict(sys.modules, {"pynvml": Nvml(cards)}),
        mock.patch.object(gpu, "hinted", lambda root=None: True),
    ):
        evidence.main(folder, told["kind"], told["pids"], ending=told["ending"], visible=told["visible"])


if __name__ == "__main__":
    main()
