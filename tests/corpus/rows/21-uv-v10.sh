#!/bin/bash
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update -y && apt-get install -y curl wget python3 python3-pip python3-venv git build-essential
pip install uv
uv venv /workspace/venv --python 3.10 --clear
source /workspace/venv/bin/activate
uv pip install vllm==0.6.3.post1
uv pip install --reinstall torch==2.4.1 torchvision==0.19.1 torchaudio==2.4.1 --index-url https://download.pytorch.org/whl/cu124
uv pip install flashinfer-python --extra-index-url https://flashinfer.ai/whl/cu124/torch2.4 --index-strategy unsafe-best-match
uv pip install "numpy<2" fastapi uvicorn uvloop orjson psutil pyzmq aiohttp requests pydantic dill msgspec
uv pip install "outlines>=0.0.44,<0.1" decord "transformers==4.48.3" "huggingface_hub<0.27" xgrammar==0.1.10
uv pip install --no-deps sglang==0.4.3.post2
uv pip uninstall sgl-kernel sgl_kernel 2>/dev/null || true
rm -rf /workspace/venv/lib/python3.10/site-packages/sgl_kernel*
python -m sglang.launch_server --model-path mistralai/Ministral-3-3B-Instruct-2512 --host 0.0.0.0 --port 30000 \
  --trust-remote-code --mem-fraction-static 0.90 --max-running-requests 64 --disable-cuda-graph-padding
