#!/usr/bin/env bash
set -euo pipefail
python3.11 -m venv /opt/sglang
/opt/sglang/bin/pip install "sglang==0.5.23"
/opt/sglang/bin/python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --host 127.0.0.1 --port 30000
