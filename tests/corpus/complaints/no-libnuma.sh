#!/bin/bash
set -e
apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends curl python3-venv python3-pip
python3 -m venv /workspace/v && source /workspace/v/bin/activate
pip install sglang==0.5.7
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
