"""Logs of a serving process: one JSON object a line on standard error, event names and fields, no customer's words."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_OURS = ("bot", "actions")

Event = MutableMapping[str, Any]


def configure(**fields: object) -> None:
    """`fields` stand on every line: the worker's name, for example."""
    stamps = (structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True))

    def add_fields(_logger: Any, _method: str, event: Event) -> Event:
        return {**event, **fields}

    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *stamps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*stamps, structlog.stdlib.ExtraAdder()],
            processors=[
                _without_their_words,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                add_fields,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
            keep_exc_info=True,
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)


def _without_their_words(_logger: Any, _method: str, event: Event) -> Event:
    """Libraries may log what customers wrote: of theirs, only the place is kept. And of an exception only its kind: a
    traceback ends with what the exception was told."""
    record: logging.LogRecord = event["_record"]
    event.pop("exc_info", None)
    error = {"error": record.exc_info[0].__name__} if record.exc_info and record.exc_info[0] else {}
    record.exc_info, record.exc_text, record.stack_info = None, None, None
    if record.name.partition(".")[0] in _OURS:
        return {**error, **event}
    kept = {key: event[key] for key in ("_record", "_from_structlog", "level", "timestamp") if key in event}
    at = f"{record.filename}:{record.lineno}"
    return {**kept, "event": "library.log", "logger": record.name, "at": at, **error}
