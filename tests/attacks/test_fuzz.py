"""A short turn of `make fuzz`, on the tiny bot: nothing gives a traceback, or goes unanswered."""

from __future__ import annotations

import logging

import structlog

from tests.attacks.doors import OK, NativeDoor
from tests.attacks.fuzz import Input, Report, fuzz, listening
from tests.serving import Gateway

INPUTS = 2000


async def test_what_nobody_would_send_breaks_nothing_and_does_nothing(gateway: Gateway) -> None:
    report = await fuzz(gateway, inputs=INPUTS, seed_=8)
    assert report.faults == [], str(report)
    assert report.inputs >= INPUTS
    assert set(report.sent) == {"call", "frame", "hello", "packet", "desk", "bytes", "codec"}
    door = NativeDoor(gateway)
    assert await door.enter() == OK
    assert await door.greeted()
    await door.close()


async def test_a_fault_would_be_seen(gateway: Gateway) -> None:
    """What is logged as an error is one, whoever logs it."""
    report = Report()
    with listening(report):
        structlog.get_logger("bot.gateway").error("gateway.failed", error="ValueError")
        logging.getLogger("asyncio").error("Task exception was never retrieved")
    assert len(report.faults) == 2
    report.fault("x", Input("call", b""))
    assert "3 faults" in str(report)
