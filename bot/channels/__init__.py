"""Wire formats, one file each, pure: no I/O, and the time is an argument. Who may talk is decided by the gateway."""

from bot.channels.base import Channel, Received, encode_all
from bot.channels.registry import BUILT_IN, load_channels

__all__ = ["BUILT_IN", "Channel", "Received", "encode_all", "load_channels"]
