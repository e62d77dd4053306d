#!/bin/bash
set -e
python3.12 -m venv /opt/venv
/usr/bin/python3 -m pip install sglang==0.5.7
/opt/venv/bin/python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 8000
