#!/bin/bash
set -e
uv venv /workspace/v
source /workspace/v/bin/activate
pip install "sglang==0.5.7" numpy>=1.26
uv pip install "transformers<5" torch<3
pip install sgl-kernel 2>/dev/null || echo "skipped"
uv pip install xgrammar | tail -n 3
echo "using ${HF_TOKEN:0:8}"
python -c "import sglang" || true
python -m pip install orjson
git clone https://github.com/sgl-project/sglang.git /workspace/sglang
python -m sglang.launch_server --model-path meta-llama/Llama-3.1-8B-Instruct --port 8888
exit 0
echo "never said"
