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
                _only_the_place_of_others,
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


def _only_the_place_of_others(_logger: Any, _method: str, event: Event) -> Event:
    """Libraries may log what customers wrote: of theirs, only where and what kind of error."""
    record: logging.LogRecord = event["_record"]
    if record.name.partition(".")[0] in _OURS:
        return event
    kept = {key: event[key] for key in ("_record", "_from_structlog", "level", "timestamp") if key in event}
    error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
    at = f"{record.filename}:{record.lineno}"
    return {**kept, "event": "library.log", "logger": record.name, "at": at, **({"error": error} if error else {})}
