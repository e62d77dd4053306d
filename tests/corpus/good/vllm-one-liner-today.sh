uv venv --python 3.12 --seed --clear
source .venv/bin/activate
uv pip install vllm --torch-backend=auto
vllm serve Qwen/Qwen2.5-3B-Instruct
