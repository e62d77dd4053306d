python3.12 -m venv ~/v && source ~/v/bin/activate
pip install vllm==0.32.0
vllm serve Qwen/Qwen2.5-72B-Instruct --tensor-parallel-size 8 --max-model-len 16384
