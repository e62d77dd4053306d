python3.12 -m venv ~/v && source ~/v/bin/activate
pip install vllm==0.11.0
vllm serve mistralai/Ministral-3-3B-Instruct-2512 --max-model-len 32768
