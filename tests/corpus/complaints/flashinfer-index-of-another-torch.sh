python3.10 -m venv ~/v && source ~/v/bin/activate
pip install "sglang[all]==0.4.6.post5"
pip install --no-deps --force-reinstall flashinfer-python -i https://flashinfer.ai/whl/cu124/torch2.4
python -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --port 30000
