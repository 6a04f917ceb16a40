"""Starts the whole service as `make run` does, on a free port with its own folder, and lets Playwright walk it.

usage: CHROMIUM=/usr/bin/chromium python -m tests.browser [PLAYWRIGHT ARGUMENTS]
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.cli.processes import free_port

ROOT = Path(__file__).parents[2]


def main(arguments: list[str]) -> int:
    port = free_port(8180)
    with tempfile.TemporaryDirectory(prefix="xiaoer-browser-") as folder:
        var = Path(folder)
        command = [sys.executable, "-m", "bot", "demo", "--port", str(port), "--var", str(var)]
        with (ROOT / "var" / "browser-service.log").open("wb") as log:
            service = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            if not _wait_until_ready(service):
                print(f"the service did not start; see {log.name}", file=sys.stderr)
                return 1
            env = {**os.environ, "XIAOER_URL": f"http://localhost:{port}"}
            return subprocess.call(["scripts/pages.sh", "test:browser", "--", *arguments], cwd=ROOT, env=env)
        finally:
            service.send_signal(signal.SIGINT)
            service.wait(timeout=30)


def _wait_until_ready(service: subprocess.Popen[str]) -> bool:
    assert service.stdout is not None
    return any("ready" in line for line in service.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
