#!/bin/bash
set -euo pipefail
uv_version=0.9.26
pip install "uv==${uv_version}"
uv venv --python 3.12 --clear "${HOME}/venv"
# shellcheck disable=SC1091
source "${HOME}/venv/bin/activate"
uv pip install torch==2.9.1 torchvision torchaudio==2.9.1 --index-url https://download.pytorch.org/whl/cu128
uv pip install sglang==0.5.7
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000 --mem-fraction-static 0.8 --tp 1
