#!/bin/bash
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update -y && apt-get install -y curl wget python3 python3-pip python3-venv git build-essential
pip install uv
uv venv /workspace/venv --python 3.10 --clear
source /workspace/venv/bin/activate
uv pip install torch==2.5.1 torchvision==0.20.1 torchaudio==2.5.1 --index-url https://download.pytorch.org/whl/cu124
uv pip install flashinfer-python --extra-index-url https://flashinfer.ai/whl/cu124/torch2.5 --index-strategy unsafe-best-match
# This should be 0.4.1.post7.
uv pip install "sglang[all]>=0.4.1"
python -m sglang.launch_server --model-path mistralai/Ministral-3-3B-Instruct-2512 --host 0.0.0.0 --port 30000 \
  --trust-remote-code --mem-fraction-static 0.90 --max-running-requests 64 --disable-cuda-graph-padding
