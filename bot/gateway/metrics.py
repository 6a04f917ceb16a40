"""What `/metrics` shows, in Prometheus' format. Labels are names of ours, never anything a customer wrote."""

from __future__ import annotations

import ipaddress
import os

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

ACCEPTED = Counter("xiaoer_messages_accepted_total", "Messages accepted.", ["channel", "repeated"])
REFUSED = Counter("xiaoer_messages_refused_total", "Messages refused, by the code the client got.", ["channel", "code"])
SOCKETS = Gauge("xiaoer_sockets", "Open sockets.", ["channel"], multiprocess_mode="livesum")
CONNECTIONS = Gauge("xiaoer_connections", "Open connections of clients.", multiprocess_mode="livesum")
CONNECTIONS_CUT = Counter("xiaoer_connections_cut_total", "Connections that were ended by us.", ["why"])
MENDED = Counter("xiaoer_conversations_mended_total", "Conversations of which something could not be read.")
GIVEN_UP = Counter("xiaoer_turns_given_up_total", "Turns that were taken up again and again and never answered.")
IN_FLIGHT = Gauge("xiaoer_turns_in_flight", "Turns accepted and not answered yet.", multiprocess_mode="livesum")
IN_FLIGHT_LIMIT = Gauge("xiaoer_turns_in_flight_limit", "Above this, messages get 503.", multiprocess_mode="livesum")
TURN_SECONDS = Histogram(
    "xiaoer_turn_seconds",
    "From a message's acceptance to its answer.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0),
)
AUDITED = Counter("xiaoer_audit_lines_total", "Lines of the audit trail written.", ["event"])
AUDIT_WAITING = Gauge(
    "xiaoer_audit_lines_waiting", "Lines of the audit trail not exported yet.", multiprocess_mode="mostrecent"
)

_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


async def show(request: web.Request) -> web.Response:
    """Only for whoever asks from this machine itself: 404 for all others, also through a proxy on this machine."""
    if not _is_local(request):
        raise web.HTTPNotFound
    registry: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _is_local(request: web.Request) -> bool:
    if any(header in request.headers for header in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
