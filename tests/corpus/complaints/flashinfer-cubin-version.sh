python3.12 -m venv ~/v && source ~/v/bin/activate
pip install sglang==0.5.15
pip install --no-deps flashinfer-python==0.6.15.post1
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
