python3.10 -m venv ~/v && . ~/v/bin/activate
pip install vllm==0.9.2
vllm serve Qwen/Qwen2.5-3B-Instruct-AWQ --max-model-len 8192
