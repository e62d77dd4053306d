#!/bin/bash
set -euo pipefail
curl -LsSf https://astral.sh/uv/install.sh | sh
export PATH="$HOME/.local/bin:$PATH"
uv venv --python 3.12 --seed --clear /workspace/v
. /workspace/v/bin/activate
export UV_INDEX_STRATEGY=unsafe-best-match
uv pip install --torch-backend=cu126 torch==2.9.1
uv pip install "sglang==0.5.7" --extra-index-url https://download.pytorch.org/whl/cu126 --prerelease=allow
UV_EXTRA_INDEX_URL=https://example.com/simple uv pip install --reinstall --no-deps "sgl-kernel==0.3.20" -q
uv pip install --python /workspace/v/bin/python numpy --default-index https://example.com/simple
uv pip uninstall -y pynvml
git clone -b v0.5.7 --depth 1 https://github.com/sgl-project/sglang.git /tmp/sglang
cd /tmp/sglang
uv pip install -e "python[all]"
uv sync
HF_HUB_ENABLE_HF_TRANSFER=1 hf download Qwen/Qwen2.5-3B-Instruct --local-dir /workspace/m
CUDA_VISIBLE_DEVICES=0,1 uv run python -m sglang.launch_server --model-path /workspace/m --tp-size=2
