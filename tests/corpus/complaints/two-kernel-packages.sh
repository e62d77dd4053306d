python3.12 -m venv ~/v && source ~/v/bin/activate
pip install sglang==0.5.10
pip install sgl-kernel==0.3.21
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
