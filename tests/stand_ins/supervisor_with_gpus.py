"""The real supervisor, on a machine whose GPUs are those of `evidence_of_gpus`."""

import runpy

from installer.host import restarts

if __name__ == "__main__":
    restarts.EVIDENCE = "tests.stand_ins.evidence_of_gpus"
    runpy.run_module("installer.host.supervisor", run_name="__main__", alter_sys=True)
