pip install "sglang==0.5.7"
python3 -m sglang.launch_server --model-path Qwen/Qwen2.5-72B-Instruct --tp 2 --port 30000 --quantization fp8
