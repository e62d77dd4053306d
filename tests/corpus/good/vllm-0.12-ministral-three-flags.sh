#!/usr/bin/env bash
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends curl ca-certificates git python3 python3-pip python3-venv python3-dev build-essential
python3 -m pip install --upgrade pip uv
uv venv /root/engine --clear
source /root/engine/bin/activate
uv pip install "vllm==0.12.0"
vllm serve mistralai/Ministral-3-3B-Instruct-2512 \
  --tokenizer_mode mistral --config_format mistral --load_format mistral \
  --max-model-len 32768 --host 0.0.0.0 --port 8000
