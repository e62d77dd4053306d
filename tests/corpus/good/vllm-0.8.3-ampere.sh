python3.10 -m venv ~/v
. ~/v/bin/activate
pip install vllm==0.8.3
python -m vllm.entrypoints.openai.api_server --model Qwen/Qwen2.5-3B-Instruct --port 8000 --max-model-len 8192
