#!/bin/sh
# Installs deploy-tui out of this bundle, on a machine that needs neither a network nor pip nor the venv module.
#
#   sh install.sh [BUNDLE] [OPTIONS OF deploy-tui …]        BUNDLE: the file, or the folder of parts (default: this folder)
#
# It comes into $DEPLOY_TUI_TOOL, else ~/.local/share/deploy-tui. With options it is then started on the bundle:
#   sh install.sh --stage all --yes
set -eu
umask 022
here=$(cd -- "$(dirname -- "$0")" && pwd)
case ${1-} in "" | -*) bundle=$here ;; *) bundle=$1 && shift ;; esac
into=${DEPLOY_TUI_TOOL:-${XDG_DATA_HOME:-$HOME/.local/share}/deploy-tui}
unset PYTHONPATH PYTHONHOME

fail() {
    printf '%s\n' "$@" >&2
    exit 2
}

sums() {
    cat <<'SUMS'
@SUMS@
SUMS
}

check() { (cd "$1" && sums | sha256sum -c - >/dev/null 2>&1); }

# Slices of a file that was cut over several parts, put together in their order.
join_slices() {
    for slice in "$1"/*/*.slice; do
        [ -e "$slice" ] || continue
        cat "$slice" >>"${slice%.*.slice}"
        rm "$slice"
    done
}

unpack() {
    if [ -f "$bundle" ]; then
        tar -xf "$bundle" -C "$1" @FOLDERS@ || fail "$bundle is damaged, or not whole."
    else
        [ -d "$bundle" ] || fail "There is no bundle at $bundle."
        for part in @PARTS@; do
            [ -f "$bundle/$part" ] || fail "$part is missing: it holds deploy-tui itself. Copy it into $bundle first."
            tar -xf "$bundle/$part" -C "$1" || fail "$part is damaged, or has not arrived whole."
        done
        join_slices "$1"
    fi
    check "$1" || fail "deploy-tui in this bundle is damaged: a file of it has another SHA-256." "Copy the first parts again."
}

usable_python() {
    for name in ${PYTHON:-python3 python3.12 python3.11 python3.13 python3.10 python3.14}; do
        "$name" -c "import sys, zipfile, ctypes; sys.exit('%d.%d' % sys.version_info[:2] != '@PYTHON@')" 2>/dev/null || continue
        command -v "$name"
        return
    done
    for archive in "$1"/python/*.tar.gz; do
        [ -f "$archive" ] || fail "There is no Python @PYTHON@ here, and this bundle brings none." \
            "Install one, or make the bundle for this machine: its tool is for Python @PYTHON@."
        mkdir -p "$into/python" && tar -xzf "$archive" -C "$into/python"
    done
    for found in "$into"/python/*/bin/python@PYTHON@ "$into"/python/bin/python@PYTHON@; do
        [ -x "$found" ] && printf '%s' "$found" && return
    done
    fail "The Python of this bundle holds no bin/python@PYTHON@."
}

version=$(sums | sha256sum | cut -c1-16)
if [ ! -x "$into/bin/deploy-tui" ] || [ "$(cat "$into/installed" 2>/dev/null)" != "$version" ]; then
    mkdir -p "$into"
    work=$(mktemp -d "$into/.unpacked.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    unpack "$work"
    python=$(usable_python "$work") || exit 2
    "$python" -I -m zipfile -e "$work"/tool/uv-*.whl "$work/uv"
    chmod +x "$work"/uv/uv-*.data/scripts/uv
    rm -rf "$into/environment"
    # What the machine's own configuration says of indexes must have no say here.
    for variable in $(env | sed -n 's/^\(UV_[A-Z_]*\)=.*/\1/p'); do unset "$variable"; done
    uv=$(echo "$work"/uv/uv-*.data/scripts/uv)
    "$uv" venv -q --no-config --offline --no-python-downloads --python "$python" "$into/environment" ||
        fail "No Python environment could be made in $into."
    "$uv" pip install -q --no-config --no-cache --offline --no-index --find-links "$work/tool" \
        --python "$into/environment/bin/python" deploy-tui || fail "deploy-tui could not be installed into $into."
    mkdir -p "$into/bin"
    ln -sf ../environment/bin/deploy-tui "$into/bin/deploy-tui"
    printf '%s' "$version" >"$into/installed"
    rm -rf "$work"
fi
printf 'deploy-tui is in %s\n' "$into/bin/deploy-tui" >&2
[ $# = 0 ] || exec "$into/bin/deploy-tui" --bundle "$bundle" "$@"
