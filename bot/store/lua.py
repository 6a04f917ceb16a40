"""The Lua of one conversation. Each constant is one script, and one method of Conversations calls it.

All get the same KEYS, named by the prelude. A result begins with a word: `ok`, or why nothing was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.store.codec import text
from bot.store.connect import Client
from bot.store.keys import ConversationKeys
from bot.store.lua_parts import APPEND, EVENTS_KEPT, LINES_KEPT, PRELUDE
from bot.store.lua_parts import TRACKER as TRACKER_PART
from bot.store.script import Arg, Script

__all__ = ["EVENTS_KEPT", "LINES_KEPT"]


async def run(redis: Client, script: Script, keys: ConversationKeys, *args: Arg) -> tuple[str, list[Any]]:
    """The script's word and the rest of its result."""
    word, *rest = await script(redis, keys.all, args)
    return text(word), rest


def counted(items: Sequence[Arg]) -> list[Arg]:
    return [len(items), *items]


ACCEPT = Script(
    PRELUDE
    + """
local ttl, most, hint, id, turn, is_message, payload, wake, opening, clear = unpack(ARGV)
local mine = (is_message == '1' and 'm:' or 'o:') .. id
local before = redis.call('ZSCORE', seen, mine)
if before then return {'ok', tonumber(before), 1} end
if tonumber(hint) <= number('void') then return {'stale', get('void')} end
if is_message == '1' and redis.call('LLEN', pending) >= tonumber(most) then return {'busy'} end
local seq = redis.call('HINCRBY', meta, 'seq', 1)
local opens = opening == '1' and not get('spoken')
if is_message == '1' and not opens then redis.call('HSETNX', meta, 'spoken', '1') end
if payload ~= '' and (opens or redis.call('ZSCORE', offered, payload)) then
  redis.call('XADD', log, seq .. '-0', 'turn', turn, 'payload', payload)
else
  redis.call('XADD', log, seq .. '-0', 'turn', turn)
end
if clear ~= '' then redis.call('HSET', meta, 'clear:' .. seq, clear) end
redis.call('RPUSH', pending, seq)
redis.call('ZADD', seen, seq, mine)
changed()
keep(ttl)
redis.call('PUBLISH', wake, seq)
return {'ok', seq, 0}
"""
)
"""Append a turn, unless its message id is here already: a customer's (`m:`) and ours (`o:`) are never the same id.
`hint` is what `due.py` wrote down before: it must be newer than the last one that was cleared away, else the turn could
be accepted and forgotten. `clear` is the turn as it was written, where the log has it masked: gone with its commit."""

TAKE = Script(
    PRELUDE
    + """
local me, lease_s = ARGV[1], tonumber(ARGV[2])
local t = now()
if held(me, t) then return {'held'} end
local fence = get('lease') == me and number('fence') or redis.call('HINCRBY', meta, 'fence', 1)
redis.call('HSET', meta, 'lease', me, 'until', moment(t + lease_s))
return {'ok', fence, moment(t + lease_s)}
"""
)

BEGIN = Script(
    PRELUDE
    + TRACKER_PART
    + """
local me, lease_s, after, excused = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local t = now()
if held(me, t) then return {'held'} end
local first = redis.call('LINDEX', pending, 0)
if not first then return unlisted() and redis.error_reply('a turn waits that no list names') or {'idle'} end
local seq, tries = string.match(get('tried') or '', '^(%d+) (%d+)$')
tries = seq == first and tonumber(tries) or 0
local again = get('lease') == me
if not again and excused ~= '1' then tries = tries + 1 end
local fence = again and number('fence') or redis.call('HINCRBY', meta, 'fence', 1)
redis.call('HSET', meta, 'lease', me, 'until', moment(t + lease_s), 'tried', first .. ' ' .. tries)
return {'ok', fence, moment(t + lease_s), state(), turns(), tracker(after), tries}
"""
)
"""TAKE where there are turns to answer, with everything needed to answer them, and how often the first of them was
taken up: counted here, so that a turn that ends its process counts too. `excused`: this time does not count."""

EXTEND = Script(
    PRELUDE
    + """
if not leased(ARGV[1], ARGV[2]) then return {'lost'} end
local till = moment(now() + tonumber(ARGV[3]))
redis.call('HSET', meta, 'until', till)
return {'ok', till}
"""
)

PENDING = Script(
    PRELUDE
    + """
if not leased(ARGV[1], ARGV[2]) then return {'lost'} end
return {'ok', turns()}
"""
)

RELEASE = Script(
    PRELUDE
    + """
if not leased(ARGV[1], ARGV[2]) then return {'ok', 1} end
if redis.call('LLEN', pending) > 0 then return {'ok', 0} end
redis.call('HDEL', meta, 'lease', 'until')
return {'ok', 1}
"""
)

ENTRIES = Script(PRELUDE + "return {'ok', lines(ARGV[1], '+', ARGV[2]), get('private') or '0', get('identity') or ''}")
"""Lines, with what decides who may read them: see `Conversation.reads_after`."""

TRACKER = Script(PRELUDE + TRACKER_PART + "return {'ok', tracker(tonumber(ARGV[1]))}")

COMMIT = Script(
    PRELUDE
    + APPEND
    + f"""
local me, fence, seq, ttl, wake, lease_s, unless_taken = unpack(ARGV, 1, 7)
at_argument = 7
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
redis.call('HDEL', meta, 'clear:' .. seq)
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
local silent = unless_taken == '1' and get('holder') == 'human'
for n = 0, replies - 1 do
  local reply, payloads = argument(), arguments()
  if not silent then append('r:' .. seq .. '.' .. n, reply, payloads, t) end
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
    PRELUDE
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
    PRELUDE
    + APPEND
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
local who = get('identity')
if who and who ~= '' and cjson.decode(who).expires_at > now() then change({'private', '1'}) end
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
if redis.call('EXISTS', KEYS[1]) == 1 then return {'ok'} end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('EXPIRE', KEYS[1], ttl)
return {'ok'}
"""
)
"""Make a conversation unless it is there."""

BIND = Script(
    PRELUDE
    + """
local ttl, customer, identity, proof = unpack(ARGV)
local before = get('identity')
if customer == '' then
  local proofs = get('proofs') or ''
  if before and before ~= '' then
    if proof ~= '' and cjson.decode(before).proof_id ~= proof then return {'ok', '', '', 0} end
    redis.call('HSET', meta, 'identity', '', 'private', number('seq'))
  end
  if ARGV[5] == '1' then redis.call('HSET', meta, 'secret', '') end
  return {'ok', proofs, get('customer') or '', 1}
end
local bound = get('customer')
if bound and bound ~= customer then return {'other'} end
if proof ~= '' then
  local known = {}
  for each in string.gmatch(get('proofs') or '', '[^\\n]+') do if each ~= proof then known[#known + 1] = each end end
  known[#known + 1] = proof
  redis.call('HSET', meta, 'proofs', table.concat(known, '\\n', math.max(1, #known - 19 + 1)))
end
if before and before ~= '' then
  local old, new = cjson.decode(before), cjson.decode(identity)
  if old.level == 2 and new.level == 1 and old.stepped_up_until > now() then
    for _, name in ipairs({'level', 'stepped_up_until', 'stepped_up_for', 'code_proof'}) do new[name] = old[name] end
    identity = cjson.encode(new)
  end
end
redis.call('HSET', meta, 'customer', customer, 'identity', identity)
keep(ttl)
return {'ok'}
"""
)
"""Sign in, refresh (a step-up that still runs is kept) or sign out: with `proof` only where that is the sign-in, with
ARGV[5] the token opens nothing any more. The conversation stays this customer's; what was said until now is read by
nobody but them, and the latest 20 proofs that were used here are returned, to be revoked."""

LOOK = Script(
    PRELUDE
    + """
return {'ok', number('changes'), number('seq'), number('version')}
"""
)

REST = Script(
    PRELUDE
    + """
local told, hint = tonumber(ARGV[1]), ARGV[2]
if told > number('told') then redis.call('HSET', meta, 'told', told) end
local remind = get('remind') or ''
local left = redis.call('LLEN', pending) > 0 or redis.call('HLEN', effects) > 0 or unlisted()
if left then return {'ok', 2, get('until') or '0', remind} end
if number('changes') > number('told') then return {'ok', 1, '0', remind} end
if tonumber(hint) > number('void') then redis.call('HSET', meta, 'void', hint) end
return {'ok', 0, '0', remind}
"""
)
"""The archive has been told of changes up to ARGV[1]. What is left: 2 turns or effects (under a lease until when?),
1 only changes that the archive was not told of, 0 nothing: then hints up to ARGV[2] are void from here on. Then the
moment of the next reminder, or an empty string."""

REMIND = Script(
    PRELUDE
    + """
local ttl, hint, id, turn, wake = unpack(ARGV)
local remind = get('remind') or ''
if remind == '' then return {'none'} end
if tonumber(remind) > now() then return {'later', remind} end
if tonumber(hint) <= number('void') then return {'stale', get('void')} end
local seq = redis.call('HINCRBY', meta, 'seq', 1)
redis.call('XADD', log, seq .. '-0', 'turn', turn)
redis.call('RPUSH', pending, seq)
redis.call('ZADD', seen, seq, 'o:' .. id)
redis.call('HSET', meta, 'remind', '')
changed()
keep(ttl)
redis.call('PUBLISH', wake, seq)
return {'ok', seq}
"""
)
"""The moment of the next reminder has come: a turn is appended for it, once."""
