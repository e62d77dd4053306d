#!/bin/bash
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update -y && apt-get install -y curl wget python3 python3-pip git build-essential
pip install torch==2.4.1 torchvision==0.19.1 torchaudio==2.4.1 --index-url https://download.pytorch.org/whl/cu124
pip install flashinfer-python --extra-index-url https://flashinfer.ai/whl/cu124/torch2.4
pip install "transformers>=4.46.0,<5" sentencepiece accelerate huggingface_hub
pip install "numpy<2" fastapi uvicorn uvloop orjson psutil pyzmq aiohttp requests pydantic
pip install dill pickle5 msgspec xgrammar "outlines>=0.0.44" "opencv-python-headless>=4.10" decord torchao
pip install --no-deps "sglang[all]>=0.4.3"
python3 -c "import torch, transformers; print(torch.__version__)"
python3 -m sglang.launch_server --model-path mistralai/Ministral-3-3B-Instruct-2512 --host 0.0.0.0 --port 30000 \
  --trust-remote-code --mem-fraction-static 0.90 --max-running-requests 64 --disable-cuda-graph-padding
