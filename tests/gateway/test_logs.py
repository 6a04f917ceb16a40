"""What a serving process writes to its log: one JSON object a line, and no customer's words."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SECRET = "my card is 6222 0000 1234"


def logged(code: str) -> list[dict[str, Any]]:
    script = (
        f"from bot.cli import logs\nlogs.configure(worker='7')\nimport logging, structlog\nwords = {SECRET!r}\n{code}"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert SECRET not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_our_events_are_names_and_fields() -> None:
    (event,) = logged("structlog.get_logger('bot.gateway').info('conversation.opened', conversation='c1')")
    assert event["event"] == "conversation.opened"
    assert (event["conversation"], event["level"], event["worker"]) == ("c1", "info", "7")


def test_the_stores_events_look_the_same() -> None:
    (event,) = logged("logging.getLogger('bot.store.wake').warning('wakes.lost', extra={'error': 'OSError'})")
    assert (event["event"], event["error"], event["level"]) == ("wakes.lost", "OSError", "warning")


def test_of_a_library_only_the_place_and_the_kind_of_error_are_kept() -> None:
    code = """
try:
    raise ValueError(words)
except ValueError:
    logging.getLogger('aiohttp.server').exception('failed for %s', words)
logging.getLogger('rasa').info(words)
structlog.get_logger('rasa.core').error('parsed', text=words)
"""
    first, second = logged(code)
    assert (first["logger"], first["error"], first["event"]) == ("aiohttp.server", "ValueError", "library.log")
    assert second["logger"] == "rasa.core"


def test_an_exception_of_ours_is_logged_without_what_it_was_told() -> None:
    code = """
try:
    raise ValueError(words)
except ValueError:
    logging.getLogger('bot.engine').exception('turn.failed')
"""
    (event,) = logged(code)
    assert (event["event"], event["error"]) == ("turn.failed", "ValueError")
