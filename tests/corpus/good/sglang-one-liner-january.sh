pip install --upgrade pip
pip install uv
uv pip install --system sglang
python3 -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --host 0.0.0.0 --port 30000
