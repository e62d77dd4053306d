#!/bin/bash
set -e
pip install "sglang==0.5.7"
pip install nvitop 2>/dev/null || true
nvidia-smi || echo "no nvidia-smi here"
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
