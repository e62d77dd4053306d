#!/bin/bash
set -e
python3.12 -m venv ~/v && source ~/v/bin/activate
pip install torch==2.8.0 --index-url https://download.pytorch.org/whl/cu126
pip install sglang==0.5.7
python -c 'import torch; assert torch.__version__.startswith("2.8.0")'
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 8000
