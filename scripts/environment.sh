#!/bin/sh
# Makes .venv from the hash-locked files. usage: scripts/environment.sh [dev]
# Needs Python 3.11 or 3.12 (PYTHON names one) and a package index, nothing else.
set -eu
cd "$(dirname "$0")/.."
# An environment that has the developers' tools keeps them.
lock=requirements.lock
if [ "${1:-}" = dev ] || [ -f .venv/.has-dev ]; then lock=requirements-dev.lock; fi

stamp=.venv/.made-from
want=$(cat "$lock" pyproject.toml requirements-uv.lock requirements-build.lock | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then exit 0; fi

. scripts/certificates.sh
python=
for each in ${PYTHON:-} python3.12 python3.11 python3; do
    if "$each" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null; then python=$each; break; fi
done
if [ -z "$python" ]; then
    echo "xiaoer: needs Python 3.11 or 3.12 and found none; install one, or name it: make run PYTHON=/path/to/python3.12" >&2
    exit 1
fi

uv=var/uv/bin/uv
if [ ! -x "$uv" ] || ! grep -q "^uv==$("$uv" --version | cut -d' ' -f2) " requirements-uv.lock; then
    echo "xiaoer: fetching uv, the installer"
    mkdir -p var && rm -rf var/uv
    if ! "$python" -m venv var/uv >var/setup.log 2>&1; then
        # Debian and Ubuntu ship Python's venv module as a package of its own.
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        rm -rf var/uv
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get update -q >>var/setup.log 2>&1
            apt-get install -y -q "python$version-venv" >>var/setup.log 2>&1
        fi
        if ! "$python" -m venv var/uv >>var/setup.log 2>&1; then
            rm -rf var/uv
            echo "xiaoer: $python cannot make virtual environments; sudo apt-get install python$version-venv" >&2
            exit 1
        fi
    fi
    if ! var/uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock >>var/setup.log 2>&1; then
        tail -n 5 var/setup.log >&2
        echo "xiaoer: could not install uv; is the package index reachable? All output: var/setup.log" >&2
        exit 1
    fi
fi

echo "xiaoer: installing $(grep -c '==' "$lock") locked packages into .venv (a minute or so the first time)"
export UV_PYTHON_DOWNLOADS=never UV_LINK_MODE="${UV_LINK_MODE:-copy}"
rm -f "$stamp"
[ -x .venv/bin/python ] || "$uv" venv -q --python "$python" .venv
"$uv" pip sync -q --require-hashes "$lock"
# What builds the `xiaoer` command stands beside the environment, not in it.
rm -rf var/build
"$uv" pip install -q --require-hashes --python .venv/bin/python --target var/build -r requirements-build.lock
PYTHONPATH=$PWD/var/build "$uv" pip install -q --no-deps --no-build-isolation -e .
[ "$lock" = requirements.lock ] || touch .venv/.has-dev
echo "$want" >"$stamp"
