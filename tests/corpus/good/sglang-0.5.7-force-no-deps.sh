#!/bin/bash
set -e
pip install uv
uv venv /opt/venv --python 3.12 --clear
source /opt/venv/bin/activate
uv pip install "sglang==0.5.7"
uv pip install --no-deps --reinstall "sglang==0.5.7"
python -c "import sglang, sgl_kernel, torch"
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
