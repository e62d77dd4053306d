#!/bin/sh
# Makes what a release consists of, in dist/: wheel, source distribution, and deploy-tui.pyz, one file that needs a Python
# 3.10 or newer and nothing else. Each is installed or started once. The file holds the compiled packages of every Python that
# is found here (python3.10, python3.11, …); DIST_PYTHONS="/a/python /b/python" names them instead.
# ./dist.sh --file WHEEL FILE packs only that wheel into that one file.
set -eu
cd -- "$(dirname -- "$0")"
pythons=${DIST_PYTHONS:-$(for minor in 10 11 12 13 14; do "python3.$minor" -c "" 2>&- && command -v "python3.$minor" || true; done)}
first=$(set -- $pythons && printf '%s' "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools() { # 69, as sysexits.h has it for what cannot be had
    "$first" -m venv "$work/tools"
    "$work/tools/bin/pip" install -q --disable-pip-version-check "$@" || { echo "$* cannot be installed here" >&2; exit 69; }
}
words=
for python in $pythons; do words="$words --python $python"; done
# With --venv it unpacks itself into ~/.pex once, so that the processes that it starts find its modules as well.
pack() {
    "$work/tools/bin/pex" "$1" -c deploy-tui -o "$2" --venv prepend --pip-version 25.3 --no-build \
        --python-shebang '/usr/bin/env python3' --pex-root "$work/pex" --runtime-pex-root "~/.pex" $words
}
if [ "${1:-}" = --file ]; then
    tools pex==2.105.2
    pack "$2" "$3"
    exit
fi
tools build==1.6.1 pex==2.105.2
rm -rf dist
"$work/tools/bin/python" -m build -q -o dist .
pack dist/*.whl dist/deploy-tui.pyz
for made in dist/*.whl dist/*.tar.gz; do
    "$first" -m venv --clear "$work/try"
    "$work/try/bin/pip" install -q --disable-pip-version-check "$made"
    printf '%s: %s\n' "$made" "$(cd / && "$work/try/bin/deploy-tui" --version)"
done
for python in $pythons; do
    printf '%s with %s: %s\n' dist/deploy-tui.pyz "$python" "$(PEX_ROOT="$work/run" "$python" dist/deploy-tui.pyz --version)"
done
