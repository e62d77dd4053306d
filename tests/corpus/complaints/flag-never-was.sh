python3.12 -m venv ~/v && source ~/v/bin/activate
pip install "vllm==0.32.0"
vllm serve Qwen/Qwen2.5-3B-Instruct --max-model-len 8192 --max-concurrent-tokens 32768
