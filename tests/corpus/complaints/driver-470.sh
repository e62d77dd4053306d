python3.10 -m venv ~/v && source ~/v/bin/activate
pip install "sglang[all]==0.4.8.post1"
python -m sglang.launch_server --model-path Qwen/Qwen2.5-0.5B-Instruct --port 5000
