#!/bin/bash
set -e
pip install flashinfer-python -i https://flashinfer.ai/whl/cu124/torch2.4 || pip install flashinfer-python
if ! pip install "sgl-kernel==0.3.20"; then
  echo "no kernel"
  exit 1
fi
if python -c "import vllm" 2>/dev/null; then
  echo there
else
  pip install "vllm==0.12.0"
fi
for name in xgrammar outlines; do
  pip install "$name"
done
for i in 1 2 3; do
  pip install "torch==2.9.1" && break
  sleep 3
done
GPU=$(nvidia-smi --query-gpu=name --format=csv,noheader | head -n 1)
case "$GPU" in
  *5090*|*B200*) INDEX=cu128 ;;
  *A40*) INDEX=cu124 ;;
  *) INDEX=cpu ;;
esac
pip install torchvision --index-url "https://download.pytorch.org/whl/$INDEX"
case "$MODE" in
  big) pip install "transformers>=5" ;;
  small) pip install "transformers<5" ;;
esac
[ "$UNSET" = yes ] && pip install deepspeed
[ -f /workspace/done ] && exit 0
while ! curl -s localhost:30000/health; do sleep 1; done
{ pip install gguf; pip install orjson; } > /tmp/log 2>&1
(cd /tmp && pip install msgspec)
pip install psutil | tee -a log
nohup python -m sglang.launch_server --model-path a/b --tp 2 > server.log 2>&1 &
