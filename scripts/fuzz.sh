#!/bin/sh
# Fuzzes the service: what Python draws (tests/attacks/fuzz.py), and what schemathesis draws from our OpenAPI document. It
# lives in an environment of its own, var/fuzz: it weighs 90 MB and nothing else needs it.
set -eu
cd "$(dirname "$0")/.."
. scripts/certificates.sh
want=$(cksum <requirements-fuzz.lock)
if [ "$(cat var/fuzz/.made-from 2>/dev/null || true)" != "$want" ]; then
    echo "xiaoer: installing schemathesis into var/fuzz"
    rm -rf var/fuzz
    var/uv/bin/uv venv -q --python .venv/bin/python var/fuzz
    var/uv/bin/uv pip sync -q --require-hashes --python var/fuzz/bin/python requirements-fuzz.lock
    echo "$want" >var/fuzz/.made-from
fi
exec .venv/bin/python -m tests.attacks.fuzz --schemathesis "$@"
