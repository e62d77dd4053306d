#!/bin/bash
set -euo pipefail
python3 -m pip install uv
uv venv --python 3.12 --seed --clear "$HOME/vllm"
source "$HOME/vllm/bin/activate"
uv pip install vllm==0.33.0 --torch-backend=auto
vllm serve Qwen/Qwen2.5-3B-Instruct --max-model-len 16384 --gpu-memory-utilization 0.85 --port 8000
