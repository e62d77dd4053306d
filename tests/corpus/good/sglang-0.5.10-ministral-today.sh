python3 -m venv /opt/engine
. /opt/engine/bin/activate
pip install 'sglang==0.5.10.post1'
python -m sglang.launch_server --model-path mistralai/Ministral-3-3B-Instruct-2512 --port 30000 --context-length 32768
