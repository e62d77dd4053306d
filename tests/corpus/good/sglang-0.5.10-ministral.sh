#!/bin/bash
set -euo pipefail
pip install uv
uv venv "$HOME/engine" --python 3.12 --clear
source "$HOME/engine/bin/activate"
uv pip install sglang==0.5.10
exec python -m sglang.launch_server --model-path mistralai/Ministral-3-3B-Instruct-2512 --host 0.0.0.0 --port 30000 --context-length 32768
