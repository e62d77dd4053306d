#!/bin/bash
set -e
unset HF_TOKEN
python3.12 -m venv ~/v && source ~/v/bin/activate
pip install sglang==0.5.7
hf download meta-llama/Llama-3.1-8B-Instruct
python -m sglang.launch_server --model-path meta-llama/Llama-3.1-8B-Instruct --port 30000
