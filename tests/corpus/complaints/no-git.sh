#!/bin/bash
set -e
apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y curl python3-venv python3-pip
python3 -m venv /workspace/v && source /workspace/v/bin/activate
pip install "git+https://github.com/sgl-project/sglang.git@v0.5.7#subdirectory=python"
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
