#!/bin/bash
set -e
python3.12 -m venv ~/v && source ~/v/bin/activate
pip install "sglang==0.5.7"
if [ $? -ne 0 ]; then
  pip install "sglang==0.5.6"
fi
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 8000
