#!/bin/bash
set -e
python3 -m venv "$HOME/sgl"
"$HOME/sgl/bin/pip" install --upgrade pip
"$HOME/sgl/bin/pip" install "sglang[all]==0.4.8.post1"
"$HOME/sgl/bin/python" -m sglang.launch_server --model-path Qwen/Qwen2.5-0.5B-Instruct --host 0.0.0.0 --port 5000 \
  --attention-backend triton --sampling-backend pytorch --mem-fraction-static 0.7 --dtype half
