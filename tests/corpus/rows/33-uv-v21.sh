#!/bin/bash
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update && apt-get install -y --no-install-recommends curl wget git python3 python3-pip python3-venv build-essential libnuma1 libnuma-dev
curl -LsSf https://astral.sh/uv/install.sh | sh
export PATH="$HOME/.local/bin:$PATH"
echo "token: ${HF_TOKEN:0:10}..."
uv venv /workspace/venv --python 3.12
source /workspace/venv/bin/activate
uv pip install torch==2.5.1 torchvision==0.20.1 torchaudio==2.5.1 --index-url https://download.pytorch.org/whl/cu124
git clone https://github.com/sgl-project/sglang.git /workspace/sglang
cd /workspace/sglang
uv pip install -e "python[all]"
python - <<'PY'
from sglang.srt.models.registry import ModelRegistry
assert len(ModelRegistry.models) > 50
PY
python -m sglang.launch_server --model-path mistralai/Ministral-3-3B-Instruct-2512 --host 0.0.0.0 --port 30000 \
  --trust-remote-code --mem-fraction-static 0.85
