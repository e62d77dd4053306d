python3.12 -m venv /data/v && source /data/v/bin/activate
pip install sglang==0.5.7
python -m sglang.launch_server --model-path MiniMaxAI/MiniMax-M1-40k --tp-size 8 --trust-remote-code
