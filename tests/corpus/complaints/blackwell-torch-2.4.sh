python3.12 -m venv ~/v && source ~/v/bin/activate
pip install torch==2.4.0 torchvision==0.19.0 --index-url https://download.pytorch.org/whl/cu124
pip install vllm==0.6.3.post1
python -m vllm.entrypoints.openai.api_server --model Qwen/Qwen2.5-3B-Instruct --max-model-len 8192
