"""A brake on guessing passwords: per account and network, so that who guesses from one network does not keep the right
person out from another.

A try is counted before the password is looked at, for three counters: this account from this network, this account from
anywhere, this network for anybody. Beyond what is free each try doubles the wait. From a network where the account's
right password came from in the last KNOWN_S, only the first counter counts.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass

from bot.store import keys
from bot.store.codec import text
from bot.store.connect import Client
from bot.store.script import Script

FREE = 5
"""Wrong passwords for an account from one network that cost no wait."""
FREE_ANYWHERE = 20
"""... for an account from all unknown networks together, and from a network for all accounts together."""
FIRST_WAIT_S = 30
LONGEST_WAIT_S = 3600
KNOWN_S = 30 * 24 * 3600
STEP_S = 120
"""A one-time code's time step is remembered as used so long: longer than it would be taken."""

_TRY = Script(
    f"""
local known = redis.call('EXISTS', KEYS[4]) == 1
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local free = {{{FREE}, {FREE_ANYWHERE}, {FREE_ANYWHERE}}}
local last = known and 1 or 3
local wait = 0
for n = 1, last do
  wait = math.max(wait, tonumber(redis.call('HGET', KEYS[n], 'until') or 0) - now)
end
if wait > 0 then return {{string.format('%.3f', wait), 0, 0}} end
local longest, count = 0, 0
for n = 1, 3 do
  local tries = redis.call('HINCRBY', KEYS[n], 'tries', 1)
  if n == 1 then count = tries end
  if tries >= free[n] then
    local pause = math.min({LONGEST_WAIT_S}, {FIRST_WAIT_S} * 2 ^ (tries - free[n]))
    redis.call('HSET', KEYS[n], 'was', redis.call('HGET', KEYS[n], 'until') or '0')
    redis.call('HSET', KEYS[n], 'until', string.format('%.3f', now + pause))
    if n <= last then longest = math.max(longest, pause) end
  end
  redis.call('EXPIRE', KEYS[n], {2 * LONGEST_WAIT_S})
end
return {{'0', count, string.format('%d', longest)}}
"""
)
"""KEYS: pair, account, network, known. `was` is the wait before this try, for one that turns out right."""

_UNCOUNT = Script(
    f"""
for n = 1, 3 do
  local was = redis.call('HGET', KEYS[n], 'was')
  if redis.call('HINCRBY', KEYS[n], 'tries', -1) <= 0 then redis.call('DEL', KEYS[n])
  else
    if was then redis.call('HSET', KEYS[n], 'until', was) end
    redis.call('EXPIRE', KEYS[n], {2 * LONGEST_WAIT_S})
  end
end
if ARGV[1] == '1' then
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[4], '1', 'EX', {KNOWN_S})
end
return 1
"""
)

_STEP = Script(
    f"""
local step = tonumber(ARGV[1])
if step <= tonumber(redis.call('GET', KEYS[1]) or -1) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', {STEP_S})
return 1
"""
)


@dataclass(frozen=True, slots=True)
class Try:
    wait_s: int
    """0: go ahead. Otherwise the password is not looked at, and nothing was counted."""
    count: int
    """Which try it is since the last right one, from this network."""
    next_wait_s: int
    """If it is wrong: how long the next one has to wait."""


class Brake:
    def __init__(self, redis: Client, *, site: str = "main") -> None:
        self._redis = redis
        self._site = site

    async def begin(self, account: str, address: str) -> Try:
        """Count a try before the password is looked at."""
        wait, count, next_wait = await _TRY(self._redis, self._keys(account, address), [])
        return Try(math.ceil(float(text(wait))), int(count), int(next_wait))

    async def right(self, account: str, address: str) -> None:
        """They signed in: the try and the wrong ones before it count no more, and the network is known."""
        await _UNCOUNT(self._redis, self._keys(account, address), [1])

    async def half(self, account: str, address: str) -> None:
        """Right so far, and not done: the try counts no more, the wrong ones before it do."""
        await _UNCOUNT(self._redis, self._keys(account, address), [0])

    async def use_step(self, account: str, step: int) -> bool:
        """Whether a one-time code of this time step, or a later one, has not been used before."""
        return bool(await _STEP(self._redis, [keys.brake(self._site, f"step:{account}")], [step]))

    async def last_step(self, account: str) -> int:
        """The time step of the last one-time code that was used, -1 if none was lately."""
        found = await self._redis.get(keys.brake(self._site, f"step:{account}"))
        return -1 if found is None else int(text(found))

    def _keys(self, account: str, address: str) -> list[str]:
        network = network_of(address)
        names = (f"pair:{account} {network}", f"account:{account}", f"network:{network}", f"known:{account} {network}")
        return [keys.brake(self._site, name) for name in names]


def network_of(address: str) -> str:
    """What one subscriber has: an IPv4 /24, an IPv6 /56; the text itself where it is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    return str(ipaddress.ip_network(f"{parsed}/{24 if parsed.version == 4 else 56}", strict=False))
