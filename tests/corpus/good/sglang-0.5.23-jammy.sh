#!/usr/bin/env bash
set -euo pipefail
readonly ENV_DIR=/opt/sglang
python3 -m pip install -q uv
uv venv --clear --python 3.12 "$ENV_DIR"
export VIRTUAL_ENV="$ENV_DIR" PATH="$ENV_DIR/bin:$PATH"
uv pip install "sglang==0.5.23"
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --host 127.0.0.1 --port 30000 --context-length 32768
