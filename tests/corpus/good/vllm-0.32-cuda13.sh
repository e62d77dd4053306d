#!/bin/bash
set -euo pipefail
python3.12 -m venv "$HOME/vllm"
"$HOME/vllm/bin/python" -m pip install --upgrade pip
"$HOME/vllm/bin/python" -m pip install "vllm==0.32.0"
exec "$HOME/vllm/bin/vllm" serve Qwen/Qwen2.5-3B-Instruct --max-model-len 16384 --gpu-memory-utilization 0.85 --port 8000
