#!/bin/bash
apt-get update
apt-get install -y curl wget git python3 python3-pip python3-venv build-essential libnuma1
curl -LsSf https://astral.sh/uv/install.sh | sh
export PATH="$HOME/.local/bin:$PATH"
uv venv /workspace/venv --python 3.10 --clear
source /workspace/venv/bin/activate
uv pip install --pre torch torchvision torchaudio --index-url https://download.pytorch.org/whl/nightly/cu128
uv pip install "transformers>=4.47" "numpy>=1.26" accelerate
python -c "import torch, transformers; print(torch.cuda.get_arch_list())"
