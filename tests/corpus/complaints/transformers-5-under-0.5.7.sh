python3.12 -m venv ~/v && source ~/v/bin/activate
pip install sglang==0.5.7
pip install --upgrade "transformers>=5"
python -m sglang.launch_server --model-path mistralai/Ministral-3-3B-Instruct-2512 --port 30000
