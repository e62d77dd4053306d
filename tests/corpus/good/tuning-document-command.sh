python3 -m venv "$HOME/sgl" && source "$HOME/sgl/bin/activate"
pip install "sglang==0.5.7"
python -m sglang.launch_server \
    --model-path Qwen/Qwen2.5-3B-Instruct \
    --port 8000 \
    --host 0.0.0.0 \
    --context-length 32768 \
    --chunked-prefill-size 8192 \
    --max-prefill-tokens 16384 \
    --grammar-backend xgrammar \
    --constrained-json-disable-any-whitespace \
    --max-running-requests 16 \
    --mem-fraction-static 0.83 \
    --cuda-graph-max-bs 64 \
    --log-level info
