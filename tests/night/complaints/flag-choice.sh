python3.10 -m venv ~/v && source ~/v/bin/activate
pip install torch==2.5.1
pip install "sglang[all]==0.4.3.post2" --find-links https://flashinfer.ai/whl/cu124/torch2.5/flashinfer-python
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 8000 --attention-backend fa3
