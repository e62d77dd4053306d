#!/usr/bin/env bash
# A careful script: nothing stands against it.
set -euo pipefail

readonly VENV="${VENV:-/opt/llm/venv}"
MODEL="${MODEL:-Qwen/Qwen2.5-3B-Instruct}"
PORT=${PORT:-30000}
CUDA=cu126
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

log() { printf '[%s] %s\n' "$(date +%T)" "$*" >&2; }
die() { log "$@"; exit 1; }

retry() {
  local tries=$1; shift
  for _ in $(seq "$tries"); do "$@" && return 0; sleep 5; done
  return 1
}

command -v python3 >/dev/null || die "no python3"
[[ -d "$VENV" ]] || python3.11 -m venv "$VENV"
# shellcheck disable=SC1091
source "$VENV/bin/activate"

cat > /tmp/requirements.txt <<EOF
# pinned
torch==2.6.0   # the ABI
numpy>=1.26,<3
transformers==4.51.1; python_version >= "3.9"
EOF

retry 3 pip install --quiet -r /tmp/requirements.txt --extra-index-url "https://download.pytorch.org/whl/${CUDA}"
packages=("sglang[all]==0.4.6.post5" 'sgl-kernel==0.1.4')
packages+=("fastapi<1")
pip install "${packages[@]}" || die "no engine"
python - <<'PY'
import torch, sglang
from packaging.version import Version
assert Version(torch.__version__) >= Version("2.6")
if not sglang.__version__.startswith("0.4.6"):
    raise SystemExit(1)
PY
if [ -n "${HF_TOKEN:-}" ]; then
  log "a token is set: ${HF_TOKEN:+yes}"
fi
mkdir -p "$ROOT/logs"
args=(--model-path "$MODEL" --port "$PORT")
if [[ "${CONTEXT:-8192}" -gt 4096 ]]; then args+=(--context-length "${CONTEXT:-8192}"); fi
export SGLANG_LOGGING=1
exec python -m sglang.launch_server "${args[@]}" --host=0.0.0.0
