# Sourced by ./deploy-tui and ./check: makes this checkout's own Python environment in .venv, once, and again when
# pyproject.toml or the lock changes. Installs with pip, so pip's configuration (mirror, certificates, proxy) holds.

# Nothing that a shell brings along may answer for a module of ours.
unset PYTHONPATH PYTHONHOME

fail() {
    printf '%s\n' "$@" >&2
    exit 2
}

usable_python() {
    for name in ${PYTHON:-python3 python3.12 python3.11 python3.13 python3.10}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    fail "No Python 3.10 or newer was found." "Install one (Debian, Ubuntu: apt-get install python3), then try again."
}

ensure_venv_module() {
    "$1" -c 'import ensurepip' 2>/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        printf 'Installing the system package python3-venv ...\n' >&2
        { apt-get install -y -qq python3-venv || { apt-get update -qq && apt-get install -y -qq python3-venv; }; } >&2
        return
    fi
    fail "This Python cannot make environments: its venv module is not complete." \
        "Install it (Debian, Ubuntu: apt-get install python3-venv), then try again."
}

# make_environment LOCK: "run" or "dev", a list of packages in requirements/. What it names is installed and nothing else:
# the same files on every machine, each held to its hash. pyproject.toml keeps ranges, for who installs it otherwise.
make_environment() {
    lock="$here/requirements/$1.txt"
    stamp="$here/.venv/made-from-$1"
    cat "$here/pyproject.toml" "$lock" | cmp -s - "$stamp" && return
    begin_environment "$here/.venv"
    packages --require-hashes -r "$lock"
    packages --no-deps --no-build-isolation -e "$here"
    cat "$here/pyproject.toml" "$lock" >"$stamp"
}

# make_newest FOLDER: an environment of the newest releases that pyproject.toml allows.
make_newest() {
    begin_environment "$1"
    packages --upgrade --upgrade-strategy eager -e "$here[dev]"
}

begin_environment() {
    environment=$1
    python=$(usable_python) || exit 2
    ensure_venv_module "$python"
    printf 'Setting up %s (once, about half a minute) ...\n' "$environment" >&2
    "$python" -m venv "$environment" >&2 || fail "The environment could not be made." "See the lines above."
}

packages() {
    "$environment/bin/python" -m pip install -qq --disable-pip-version-check "$@" >&2 ||
        fail "The packages of deploy-tui could not be installed." \
            "Most often the package index cannot be reached: check the network, or pip's index-url." \
            "Where your index does not have these very files, 'pipx install .' takes any versions that fit."
}
