#!/bin/bash
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update && apt-get install -y --no-install-recommends curl wget git python3 python3-pip python3-venv build-essential ca-certificates
curl -LsSf https://astral.sh/uv/install.sh | sh
export PATH="$HOME/.local/bin:$PATH"
rm -rf /workspace/venv
uv venv /workspace/venv --python 3.10
source /workspace/venv/bin/activate
uv pip install --pre torch torchvision torchaudio --index-url https://download.pytorch.org/whl/nightly/cu128
echo "flashinfer: skipped on Blackwell"
uv pip install "transformers>=4.47,<4.50" numpy>=1.26 huggingface_hub accelerate
uv pip install sglang
python -m sglang.launch_server --model-path mistralai/Ministral-3-3B-Instruct-2512 --host 0.0.0.0 --port 30000 \
  --trust-remote-code --mem-fraction-static 0.85 --disable-cuda-graph
