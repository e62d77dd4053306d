#!/bin/bash
set -e
curl -LsSf https://astral.sh/uv/install.sh | sh
export PATH="$HOME/.local/bin:$PATH"
uv venv /workspace/v --clear && source /workspace/v/bin/activate
uv pip install sglang==0.5.7
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
