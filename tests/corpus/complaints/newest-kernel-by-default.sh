python3.10 -m venv ~/v && source ~/v/bin/activate
pip install torch==2.5.1
pip install vllm==0.7.2 "transformers==4.48.3"
pip install "sglang[srt]==0.4.3.post2" --extra-index-url https://flashinfer.ai/whl/cu124/torch2.5
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
