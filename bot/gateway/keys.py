"""What handlers find in the application, by typed key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.channels import Channel
from bot.channels.native import Native
from bot.gateway.frontdoor import FrontDoor
from bot.gateway.headers import Origins, Proxies
from bot.gateway.places import Places
from bot.settings import Settings


class Sockets(set[Any]):
    """Open WebSocketResponses, to be told of a shutdown."""


SETTINGS = web.AppKey("settings", Settings)
FRONT_DOOR = web.AppKey("front_door", FrontDoor)
CHANNELS = web.AppKey("channels", Mapping[str, Channel])
NATIVE = web.AppKey("native", Native)
ORIGINS = web.AppKey("origins", Origins)
PROXIES = web.AppKey("proxies", Proxies)
SOCKETS = web.AppKey("sockets", Sockets)
PLACES = web.AppKey("places", Places)
