"""What cannot be read of a conversation is dropped or rebuilt, so that the rest of it goes on.

    snapshot  all keys as they are, whatever they hold
    judge     what of it can be read; pure
    rewrite   only what could not is written anew, unless the conversation changed meanwhile

What was dropped is kept beside the conversation for those who look into it (`xiaoer conversation show --texts`), as
long as the conversation lives.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from redis.exceptions import ResponseError

from bot.store import codec, keys
from bot.store.connect import Client
from bot.store.judge import Plan, Readers, judge
from bot.store.script import Arg, Script

UNREADABLE = (ResponseError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)
"""What reading damaged content raises, in a script or here."""
ATTEMPTS = 5

F = TypeVar("F", bound=Callable[..., Any])
_MARK = """
local meta = KEYS[1]
local function mark()
  if redis.call('TYPE', meta).ok ~= 'hash' then return redis.call('TYPE', meta).ok end
  local found = redis.call('HMGET', meta, 'changes', 'seq', 'done', 'fence')
  for n = 1, 4 do found[n] = found[n] or '-' end
  return table.concat(found, ' ')
end
"""
_SNAPSHOT = Script(
    _MARK
    + """
local read = {
  string = function(key) return redis.call('GET', key) end,
  hash = function(key) return redis.call('HGETALL', key) end,
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  set = function(key) return redis.call('SMEMBERS', key) end,
  zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  stream = function(key) return redis.call('XRANGE', key, '-', '+') end,
}
local found = {mark()}
for n, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  found[n + 1] = {kind, read[kind] and read[kind](key) or ''}
end
return found
"""
)
_REWRITE = Script(
    _MARK
    + """
if mark() ~= ARGV[1] then return 'moved' end
local at, ttl = 2, ARGV[2]
local function argument() at = at + 1 return ARGV[at] end
local function arguments()
  local list = {}
  for n = 1, tonumber(argument()) do list[n] = argument() end
  return list
end
local function each(list, size, command, key)
  for n = 1, #list, size do redis.call(command, key, unpack(list, n, math.min(n + size - 1, #list))) end
end
for _, n in ipairs(arguments()) do redis.call('DEL', KEYS[tonumber(n)]) end
each(arguments(), 2, 'HSET', KEYS[1])
each(arguments(), 1, 'HDEL', KEYS[1])
local log = arguments()
while #log > 0 do
  local fields = {}
  for n = 1, tonumber(log[2]) do fields[n] = log[2 + n] end
  redis.call('XADD', KEYS[2], log[1], unpack(fields))
  log = arguments()
end
each(arguments(), 500, 'RPUSH', KEYS[3])
each(arguments(), 500, 'ZREM', KEYS[4])
each(arguments(), 500, 'RPUSH', KEYS[6])
each(arguments(), 500, 'HDEL', KEYS[7])
each(arguments(), 500, 'RPUSH', KEYS[8])
redis.call('HINCRBY', meta, 'changes', 1)
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end
return 'ok'
"""
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    mark: bytes
    kinds: Mapping[str, str]
    """Redis' type of each key, `none` where there is none."""
    values: Mapping[str, Any] = field(repr=False)


async def snapshot(redis: Client, names: keys.ConversationKeys) -> Snapshot:
    """All keys, in one moment."""
    mark, *found = await _SNAPSHOT(redis, [*names.all, names.dropped], [])
    pairs = dict(zip(keys.PARTS, found, strict=True))
    kinds = {part: codec.text(kind) for part, (kind, _) in pairs.items()}
    return Snapshot(mark, kinds, {part: value for part, (_, value) in pairs.items()})


async def mend(
    redis: Client,
    names: keys.ConversationKeys,
    *,
    ttl_s: int,
    now: float,
    readers: Readers | None = None,
    drop_effects: Sequence[str] = (),
) -> Plan:
    """Make the conversation readable; the plan says what was lost. `drop_effects` are dropped though they can be
    read."""
    for _ in range(ATTEMPTS):
        found = await snapshot(redis, names)
        plan = judge(found.kinds, found.values, now=now, readers=readers or Readers(), drop_effects=drop_effects)
        if not plan.lost:
            return plan
        args: list[Arg] = [found.mark, ttl_s, *_arguments(plan)]
        if codec.text(await _REWRITE(redis, [*names.all, names.dropped], args)) == "ok":
            return plan
    return Plan()


def mended(method: F) -> F:
    """A method of Conversations, about a conversation's id or token, a turn or a lease: what cannot be read is mended,
    and the method tried once more."""

    @functools.wraps(method)
    async def mending(self: Any, about: Any, *args: Any, **options: Any) -> Any:
        try:
            return await method(self, about, *args, **options)
        except UNREADABLE:
            conversation_id = about.partition(".")[0] if isinstance(about, str) else about.conversation_id
            if not await self.mend(conversation_id):
                raise
        return await method(self, about, *args, **options)

    return cast("F", mending)


def _arguments(plan: Plan) -> list[Arg]:
    args: list[Arg] = [len(plan.wiped), *(keys.PARTS.index(part) + 1 for part in plan.wiped)]
    args += _counted([part for pair in plan.meta.items() for part in pair])
    args += _counted(plan.meta_dropped)
    for seq, fields in plan.log:
        args += _counted([f"{seq}-0", len(fields), *fields])
    args.append(0)
    args += _counted(plan.pending)
    args += _counted(plan.seen_dropped)
    args += _counted(plan.events)
    args += _counted(plan.effects_dropped)
    args += _counted([codec.dumps({"part": part, "was": codec.text(was)[:10_000]}) for part, was in plan.dropped])
    return args


def _counted(items: Sequence[Arg]) -> list[Arg]:
    return [len(items), *items]
