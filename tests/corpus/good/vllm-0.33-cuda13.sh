#!/bin/bash
set -euo pipefail
python3 -m pip install uv
uv venv --python 3.12 --seed --clear "$HOME/vllm"
source "$HOME/vllm/bin/activate"
# vLLM 0.33.0 asks for a certifi that is not published everywhere yet; any newer one does.
cat > /tmp/overrides.txt <<'TXT'
certifi>=2026.1.1
TXT
uv pip install vllm==0.33.0 --torch-backend=auto --override /tmp/overrides.txt
vllm serve Qwen/Qwen2.5-3B-Instruct --max-model-len 16384 --gpu-memory-utilization 0.85 --port 8000
