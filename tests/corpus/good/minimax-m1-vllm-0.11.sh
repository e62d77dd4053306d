#!/bin/bash
set -e
python3.12 -m venv /data/vllm
source /data/vllm/bin/activate
pip install vllm==0.11.0
python3 -m vllm.entrypoints.openai.api_server --model MiniMaxAI/MiniMax-M1-40k --tensor-parallel-size 8 \
  --trust-remote-code --quantization experts_int8 --max_model_len 4096 --dtype bfloat16
