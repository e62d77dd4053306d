#!/bin/bash
export DEBIAN_FRONTEND=noninteractive
for try in 1 2 3; do
  apt-get update && break
  sleep 5
done
apt-get install -y --no-install-recommends curl wget git python3 python3-pip python3-venv build-essential ca-certificates || exit 1
command -v curl >/dev/null || { echo "no curl"; exit 1; }
curl -LsSf https://astral.sh/uv/install.sh | sh || pip install uv
export PATH="$HOME/.local/bin:$PATH"
uv venv /workspace/venv --python 3.10 --clear
source /workspace/venv/bin/activate
uv pip install --pre torch torchvision torchaudio --index-url https://download.pytorch.org/whl/nightly/cu128
uv pip install flashinfer-python --extra-index-url https://flashinfer.ai/whl/cu128/torch2.6 || echo "no flashinfer, going on"
uv pip install "transformers>=4.47,<4.50" numpy>=1.26 huggingface_hub
uv pip install sglang
python -m sglang.launch_server --model-path mistralai/Ministral-3-3B-Instruct-2512 --host 0.0.0.0 --port 30000 \
  --trust-remote-code --mem-fraction-static 0.85 --disable-cuda-graph --disable-flashinfer
