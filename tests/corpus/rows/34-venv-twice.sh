#!/bin/bash
set -e
pip install uv
uv venv /workspace/venv --python 3.12
source /workspace/venv/bin/activate
uv pip install sglang==0.5.7
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
