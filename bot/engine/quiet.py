"""Keeps Rasa silent: no telemetry, no progress bars, no advice on standard output, no log of what customers wrote."""

from __future__ import annotations

import logging
import os
import warnings


def hush() -> None:
    """Call before Rasa is imported. Leaves a logging set-up that is there already alone."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["LOG_LEVEL"] = "ERROR"
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    for category in (UserWarning, FutureWarning, DeprecationWarning, PendingDeprecationWarning):
        warnings.filterwarnings("ignore", category=category, module=r"(rasa|rasa_sdk|sanic|sklearn|scipy)(\.|$)")
    for name in ("rasa", "rasa_sdk", "apscheduler", "sanic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    _filter_structlog()


def _filter_structlog() -> None:
    """Rasa logs through structlog too, whose default prints every debug line, arguments copied."""
    import structlog

    if not structlog.is_configured():
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
