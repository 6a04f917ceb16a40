"""The Lua of one conversation. Each constant is one script, and one method of Conversations calls it.

All get the same KEYS, named by the prelude. A result begins with a word: `ok`, or why nothing was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.store.codec import META, text
from bot.store.connect import Client
from bot.store.keys import ConversationKeys
from bot.store.script import Arg, Script

LINES_KEPT = 2_000
"""A log keeps at least so many lines (and all after the last answered turn)."""
EVENTS_KEPT = 20_000
"""A tracker that grows beyond this loses its oldest quarter, but not what its slots were set to there."""
PAYLOADS_KEPT = 200

_PRELUDE = f"""
local meta, log, pending, seen, offered, events, effects = unpack(KEYS)
if redis.call('EXISTS', meta) == 0 then return {{'gone'}} end
local function now() local t = redis.call('TIME') return t[1] + t[2] / 1000000 end
local function moment(t) return string.format('%.6f', t) end
local function get(field) return redis.call('HGET', meta, field) end
local function number(field) return tonumber(redis.call('HGET', meta, field) or 0) end
local function changed() redis.call('HINCRBY', meta, 'changes', 1) end
local function keep(ttl) for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end end
local function leased(me, fence) return get('lease') == me and number('fence') == tonumber(fence) end
local function state() return cjson.encode(redis.call('HMGET', meta, {", ".join(f"'{name}'" for name in META)})) end
local function joined(list) return '[' .. table.concat(list, ',') .. ']' end
local function written(line)
  local seq, parts = string.match(line[1], '^%d+'), line[2]
  if parts[1] == 'reply' then return '{{"seq":' .. seq .. ',"at":' .. parts[4] .. ',"reply":' .. parts[2] .. '}}' end
  local payload = parts[4] and ',"payload":' .. cjson.encode(parts[4]) or ''
  return '{{"seq":' .. seq .. payload .. ',"turn":' .. parts[2] .. '}}'
end
local function lines(first, last, count)
  local found = redis.call('XRANGE', log, first .. '-0', last, 'COUNT', count)
  for n, line in ipairs(found) do found[n] = written(line) end
  return joined(found)
end
local function line(seq) return string.sub(lines(seq, seq .. '-0', 1), 2, -2) end
local function turns()
  local found = {{}}
  for _, seq in ipairs(redis.call('LRANGE', pending, 0, -1)) do found[#found + 1] = line(seq) end
  return joined(found)
end
"""
"""What a script returns many of, it returns as one JSON text: that is far quicker to read than a list of lists."""

_APPEND = f"""
local said = {{}}
local function append(id, reply, payloads, at)
  local seq = redis.call('HINCRBY', meta, 'seq', 1)
  redis.call('XADD', log, seq .. '-0', 'reply', reply, 'at', moment(at))
  redis.call('ZADD', seen, seq, id)
  for _, payload in ipairs(payloads) do redis.call('ZADD', offered, seq, payload) end
  said[#said + 1] = '[' .. seq .. ',' .. moment(at) .. ']'
end
local function trim()
  local last = math.min(number('seq') - {LINES_KEPT}, number('done'))
  if last > 0 then
    redis.call('XTRIM', log, 'MINID', '~', last .. '-0')
    redis.call('ZREMRANGEBYSCORE', seen, '-inf', last)
  end
  redis.call('ZREMRANGEBYRANK', offered, 0, -{PAYLOADS_KEPT + 1})
end
local function change(fields)
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == 'identity' then
      local customer = get('customer')
      if not customer or (customer == fields[i + 3] and get('identity') ~= '') then
        redis.call('HSET', meta, 'identity', value)
      end
    elseif name == 'customer' then
      redis.call('HSETNX', meta, 'customer', value)
    else
      redis.call('HSET', meta, name, value)
    end
  end
end
local at_argument = 0
local function argument() at_argument = at_argument + 1 return ARGV[at_argument] end
local function arguments()
  local many, list = tonumber(argument()), {{}}
  for i = 1, many do list[i] = argument() end
  return list
end
"""

# A tracker's list is `head` slot events kept from what was trimmed, then the events `version - (length - head) + 1` on.
_TRACKER = """
local function tracker(after)
  local length, head, version = redis.call('LLEN', events), number('head'), number('version')
  local dropped = version - (length - head)
  local from = head + after - dropped
  if after < dropped or after == 0 then from = 0 end
  return joined(redis.call('LRANGE', events, from, -1))
end
"""


async def run(redis: Client, script: Script, keys: ConversationKeys, *args: Arg) -> tuple[str, list[Any]]:
    """The script's word and the rest of its result."""
    word, *rest = await script(redis, keys.all, args)
    return text(word), rest


def counted(items: Sequence[Arg]) -> list[Arg]:
    return [len(items), *items]


ACCEPT = Script(
    _PRELUDE
    + """
local ttl, most, hint, id, turn, is_message, payload, wake = unpack(ARGV)
local before = redis.call('ZSCORE', seen, 'm:' .. id)
if before then return {'ok', tonumber(before), 1} end
if tonumber(hint) <= number('void') then return {'stale', get('void')} end
if is_message == '1' and redis.call('LLEN', pending) >= tonumber(most) then return {'busy'} end
local seq = redis.call('HINCRBY', meta, 'seq', 1)
if payload and payload ~= '' and redis.call('ZSCORE', offered, payload) then
  redis.call('XADD', log, seq .. '-0', 'turn', turn, 'payload', payload)
else
  redis.call('XADD', log, seq .. '-0', 'turn', turn)
end
redis.call('RPUSH', pending, seq)
redis.call('ZADD', seen, seq, 'm:' .. id)
changed()
keep(ttl)
redis.call('PUBLISH', wake, seq)
return {'ok', seq, 0}
"""
)
"""Append a turn, unless its message id is here already. `hint` is what `due.py` wrote down before: it must be newer
than the last one that was cleared away, else the turn could be accepted and forgotten."""

TAKE = Script(
    _PRELUDE
    + """
local me, lease_s = ARGV[1], tonumber(ARGV[2])
local t, held = now(), get('lease')
if held and held ~= me and number('until') > t then return {'held'} end
local fence = held == me and number('fence') or redis.call('HINCRBY', meta, 'fence', 1)
redis.call('HSET', meta, 'lease', me, 'until', moment(t + lease_s))
return {'ok', fence, moment(t + lease_s)}
"""
)

BEGIN = Script(
    _PRELUDE
    + _TRACKER
    + """
local me, lease_s, after = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local t, held = now(), get('lease')
if held and held ~= me and number('until') > t then return {'held'} end
if redis.call('LLEN', pending) == 0 then return {'idle'} end
local fence = held == me and number('fence') or redis.call('HINCRBY', meta, 'fence', 1)
redis.call('HSET', meta, 'lease', me, 'until', moment(t + lease_s))
return {'ok', fence, moment(t + lease_s), state(), turns(), tracker(after)}
"""
)
"""TAKE where there are turns to answer, with everything needed to answer them."""

EXTEND = Script(
    _PRELUDE
    + """
if not leased(ARGV[1], ARGV[2]) then return {'lost'} end
local till = moment(now() + tonumber(ARGV[3]))
redis.call('HSET', meta, 'until', till)
return {'ok', till}
"""
)

PENDING = Script(
    _PRELUDE
    + """
if not leased(ARGV[1], ARGV[2]) then return {'lost'} end
return {'ok', turns()}
"""
)

RELEASE = Script(
    _PRELUDE
    + """
if not leased(ARGV[1], ARGV[2]) then return {'ok', 1} end
if redis.call('LLEN', pending) > 0 then return {'ok', 0} end
redis.call('HDEL', meta, 'lease', 'until')
return {'ok', 1}
"""
)

ENTRIES = Script(_PRELUDE + "return {'ok', lines(ARGV[1], '+', ARGV[2])}")

TRACKER = Script(_PRELUDE + _TRACKER + "return {'ok', tracker(tonumber(ARGV[1]))}")

COMMIT = Script(
    _PRELUDE
    + _APPEND
    + f"""
local me, fence, seq, ttl, wake, lease_s = unpack(ARGV, 1, 6)
at_argument = 6
local t = now()
local function finish(again)
  said = joined(said)
  if lease_s == '' or not leased(me, fence) then return {{'ok', again, said}} end
  if redis.call('LLEN', pending) == 0 then
    redis.call('HDEL', meta, 'lease', 'until')
    return {{'ok', again, said}}
  end
  local till = moment(t + tonumber(lease_s))
  redis.call('HSET', meta, 'until', till)
  return {{'ok', again, said, till, state(), turns()}}
end
if number('done') >= tonumber(seq) then
  if not leased(me, fence) and number('done_fence') ~= tonumber(fence) then return {{'lost'}} end
  local n = 0
  while true do
    local at = redis.call('ZSCORE', seen, 'r:' .. seq .. '.' .. n)
    if not at then break end
    said[#said + 1] = line(at)
    n = n + 1
  end
  return finish(1)
end
if not leased(me, fence) then return {{'lost'}} end
if redis.call('LINDEX', pending, 0) ~= seq then return {{'order'}} end
redis.call('LPOP', pending)
redis.call('HSET', meta, 'done', seq, 'done_fence', fence)

local fresh = arguments()
for i = 1, #fresh, 500 do redis.call('RPUSH', events, unpack(fresh, i, math.min(i + 499, #fresh))) end
redis.call('HINCRBY', meta, 'version', #fresh)
local length = redis.call('LLEN', events)
if length > {EVENTS_KEPT} then
  local drop, order, slots = length - {EVENTS_KEPT * 3 // 4}, {{}}, {{}}
  for _, event in ipairs(redis.call('LRANGE', events, 0, drop - 1)) do
    local good, read = pcall(cjson.decode, event)
    if good and read.event == 'slot' then
      if not slots[read.name] then order[#order + 1] = read.name end
      slots[read.name] = event
    end
  end
  redis.call('LTRIM', events, drop, -1)
  for _, name in ipairs(order) do redis.call('LPUSH', events, slots[name]) end
  redis.call('HSET', meta, 'head', #order)
end

local replies = tonumber(argument())
for n = 0, replies - 1 do
  local reply = argument()
  append('r:' .. seq .. '.' .. n, reply, arguments(), t)
end
change(arguments())
local later = arguments()
for i = 1, #later, 2 do
  redis.call('HSET', effects, later[i], redis.call('HINCRBY', meta, 'effect', 1) .. ' ' .. later[i + 1])
end
changed()
trim()
keep(ttl)
redis.call('PUBLISH', wake, number('seq'))
return finish(0)
"""
)
"""Write all that answering one turn changes: only under the lease, only the oldest turn, only once. With `lease_s` the
lease is then given back, or kept and extended where more turns wait."""

ANSWER = Script(
    _PRELUDE
    + """
if number('done') < tonumber(ARGV[1]) then return {'wait'} end
local found = {}
while true do
  local at = redis.call('ZSCORE', seen, 'r:' .. ARGV[1] .. '.' .. #found)
  local reply = at and line(at) or ''
  if reply == '' then return {'ok', joined(found)} end
  found[#found + 1] = reply
end
"""
)
"""The replies to one turn."""

SAY = Script(
    _PRELUDE
    + _APPEND
    + """
local ttl, hint, id, handoff, holder, reply, wake = unpack(ARGV, 1, 7)
at_argument = 7
local before = redis.call('ZSCORE', seen, 's:' .. id)
if before then return {'again', lines(before, before .. '-0', 1)} end
if handoff ~= '' and get('handoff') ~= handoff then return {'elsewhere'} end
if holder ~= '' and (get('holder') or 'bot') ~= holder then return {'elsewhere'} end
if tonumber(hint) <= number('void') then return {'stale', get('void')} end
append('s:' .. id, reply, arguments(), now())
change(arguments())
changed()
trim()
keep(ttl)
redis.call('PUBLISH', wake, number('seq'))
return {'ok', joined(said)}
"""
)

OPEN = Script(
    """
local ttl = ARGV[1]
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('HSET', KEYS[1], unpack(ARGV, 2)) end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end
return {'ok'}
"""
)
"""Make a conversation unless it is there."""

BIND = Script(
    _PRELUDE
    + """
local ttl, customer, identity = ARGV[1], ARGV[2], ARGV[3]
if customer == '' then
  redis.call('HSET', meta, 'identity', '')
  return {'ok'}
end
local bound = get('customer')
if bound and bound ~= customer then return {'other'} end
local before = get('identity')
if before and before ~= '' then
  local old, new = cjson.decode(before), cjson.decode(identity)
  if old.level == 2 and new.level == 1 and old.stepped_up_until > now() then
    new.level, new.stepped_up_until = 2, old.stepped_up_until
    identity = cjson.encode(new)
  end
end
redis.call('HSET', meta, 'customer', customer, 'identity', identity)
keep(ttl)
return {'ok'}
"""
)
"""Sign in, refresh (a step-up that still runs is kept) or sign out (the conversation stays this customer's)."""

LOOK = Script(
    _PRELUDE
    + """
return {'ok', number('changes'), number('seq'), number('version')}
"""
)

REST = Script(
    _PRELUDE
    + """
local told, hint = tonumber(ARGV[1]), ARGV[2]
if told > number('told') then redis.call('HSET', meta, 'told', told) end
if redis.call('LLEN', pending) > 0 or redis.call('HLEN', effects) > 0 then return {'ok', 2, get('until') or '0'} end
if number('changes') > number('told') then return {'ok', 1} end
if tonumber(hint) > number('void') then redis.call('HSET', meta, 'void', hint) end
return {'ok', 0}
"""
)
"""The archive has been told of changes up to ARGV[1]. What is left: 2 turns or effects (under a lease until when?),
1 only changes that the archive was not told of, 0 nothing: then hints up to ARGV[2] are void from here on."""
