#!/bin/sh
# Prints the path of a Chromium for the browser tests; installs Debian's when it may.
set -eu
find_one() { for each in ${CHROMIUM:-} chromium chromium-browser google-chrome; do command -v "$each" && return 0; done; return 1; }
find_one && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "xiaoer: installing chromium for the browser tests" >&2
    mkdir -p var
    { apt-get update -q && apt-get install -y -q --no-install-recommends chromium fonts-noto-cjk; } >var/chromium.log 2>&1 || tail -n 5 var/chromium.log >&2
    find_one && exit 0
fi
echo "xiaoer: the browser tests need Chromium; sudo apt-get install chromium fonts-noto-cjk, or CHROMIUM=/path make test" >&2
exit 1
