python3.12 -m venv /data/v && source /data/v/bin/activate
pip install vllm==0.24.0
vllm serve MiniMaxAI/MiniMax-M1-40k --tensor-parallel-size 8 --trust-remote-code --quantization experts_int8 --max-model-len 4096
