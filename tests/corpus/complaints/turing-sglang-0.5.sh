python3.12 -m venv ~/v && source ~/v/bin/activate
pip install sglang==0.5.7
python -m sglang.launch_server --model-path Qwen/Qwen2.5-0.5B-Instruct --port 30000 --attention-backend triton --sampling-backend pytorch
