"""Sending a command so that it can be cancelled.

redis-py sends through `asyncio.wait_for`, which before Python 3.12 loses a cancellation that comes while the send is
finishing (CPython issue 86296): a task that was told to end, or whose time was up, went on. It also makes a task of
every send. `asyncio.timeout` does neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import TimeoutError as LateConnection


async def _send(self: AbstractConnection, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
    """As `AbstractConnection.send_packed_command` of redis-py 8.1 but for the timeout."""
    if not self.is_connected:
        await self.connect_check_health(check_health=False)
    if check_health:
        await self.check_health()  # type: ignore[no-untyped-call]
    command = command.encode() if isinstance(command, str) else command
    try:
        async with asyncio.timeout(self.socket_timeout):
            await self._send_packed_command([command] if isinstance(command, bytes) else command)
    except TimeoutError:
        await self.disconnect(nowait=True)
        raise LateConnection("Timeout writing to socket") from None
    except OSError as error:
        await self.disconnect(nowait=True)
        raise LostConnection(f"Error while writing to socket. {error}.") from error
    except BaseException:
        await self.disconnect(nowait=True)
        raise


def make_cancellable() -> None:
    """For every connection of this process."""
    AbstractConnection.send_packed_command = _send  # type: ignore[method-assign]
