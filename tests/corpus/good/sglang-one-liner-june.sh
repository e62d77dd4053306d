pip install --upgrade pip
pip install uv
uv venv sgl --python 3.12 --clear
source sgl/bin/activate
uv pip install "sglang" --prerelease=allow
python3 -m sglang.launch_server --model-path Qwen/Qwen2.5-3B-Instruct --host 0.0.0.0 --port 30000 --context-length 32768
