python3.12 -m venv ~/v && source ~/v/bin/activate
pip install "sglang[all]==0.4.8.post1"
pip install --upgrade "outlines>=1.0"
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
