#!/usr/bin/env bash
# Installs SGLang in an environment of its own and starts it.
set -euo pipefail
IFS=$'\n\t'

readonly HOME_DIR="${HOME_DIR:-/opt/engine}"
readonly MODEL="Qwen/Qwen2.5-3B-Instruct"
readonly PORT=30000
log_file="$(mktemp)"
trap 'rm -f "$log_file"' EXIT

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

install_engine() {
  local -a packages=("sglang==0.5.7" "numpy>=1.26")
  python3 -m pip install --quiet uv
  if [[ ! -x "$HOME_DIR/bin/python" ]]; then
    uv venv --python 3.12 "$HOME_DIR"
  fi
  # shellcheck source=/dev/null
  source "$HOME_DIR/bin/activate"
  uv pip install "${packages[@]}"
}

write_settings() {
  cat > "$HOME_DIR/settings.env" <<EOF
MODEL=$MODEL
PORT=$PORT
NOTE=versions are >=1.26 for numpy
EOF
}

install_engine
write_settings
say "starting"
args=(--model-path "$MODEL" --host 0.0.0.0 --port "$PORT")
args+=(--mem-fraction-static 0.85)
exec python -m sglang.launch_server "${args[@]}"
