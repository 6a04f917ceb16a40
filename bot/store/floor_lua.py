"""The Lua of the floor. KEYS are the floor's in the order of `floor_keys`, then the handoff's own; ARGV[1] is the
channel that is told. A result begins with a word: `ok`, or why nothing was done."""

from __future__ import annotations

from bot.store.keys import EVENTS_KEPT, PACE_TTL_S, FloorKeys
from bot.store.script import Script

UPDATES_KEPT = 1_000
PACE_KEPT = 20


def floor_keys(names: FloorKeys) -> list[str]:
    return [
        *(names.waiting, names.lean, names.taken, names.loads, names.agents),
        *(names.states, names.seq, names.updates, names.events),
    ]


_PRELUDE = f"""
local waiting, lean, taken, loads, agents, states, seqs, updates, events = unpack(KEYS, 1, 9)
local handoff, queue, pace = unpack(KEYS, 10)
local wake = ARGV[1]
local function tell(kind, data, detail)
  local seq = redis.call('INCR', seqs)
  redis.call('XADD', updates, 'MAXLEN', '~', {UPDATES_KEPT}, seq .. '-0', 'kind', kind, 'data', data)
  redis.call('XADD', events, 'MAXLEN', '~', {EVENTS_KEPT}, '*',
    'id', 'floor:' .. seq, 'kind', 'floor.' .. kind, 'data', detail or data)
  redis.call('PUBLISH', wake, seq)
end
"""

ENQUEUE = Script(
    _PRELUDE
    + """
local _, id, name, score, full, short, update = unpack(ARGV)
if redis.call('EXISTS', handoff) == 0 then
  redis.call('HSET', handoff, 'full', full, 'queue', name, 'state', 'waiting')
  redis.call('ZADD', waiting, score, id)
  redis.call('ZADD', queue, score, id)
  redis.call('HSET', lean, id, short)
  tell('waiting.added', update, full)
end
local rank = redis.call('ZRANK', queue, id)
return {'ok', rank and rank + 1 or 0}
"""
)

ACCEPT = Script(
    _PRELUDE
    + f"""
local _, id, me, now, update, most = unpack(ARGV)
local state, holder = unpack(redis.call('HMGET', handoff, 'state', 'agent'))
if not state then return {{'unknown', 'handoff'}} end
if state == 'accepted' and holder == me then return {{'ok'}} end
if state ~= 'waiting' then return {{'taken', holder and redis.call('HGET', agents, holder) or ''}} end
if redis.call('HEXISTS', agents, me) == 0 then return {{'unknown', 'agent'}} end
if string.match(redis.call('HGET', states, me), ' offline$') then return {{'offline'}} end
local load = tonumber(redis.call('HGET', loads, me) or 0)
if tonumber(most) >= 0 and load >= tonumber(most) then return {{'full'}} end
redis.call('HSET', handoff, 'state', 'accepted', 'agent', me, 'accepted_at', now)
redis.call('HINCRBY', handoff, 'assignment', 1)
redis.call('ZREM', waiting, id)
redis.call('ZREM', queue, id)
redis.call('HSET', taken, id, now .. ' ' .. me)
redis.call('HINCRBY', loads, me, 1)
redis.call('LPUSH', pace, now)
redis.call('LTRIM', pace, 0, {PACE_KEPT - 1})
redis.call('EXPIRE', pace, {PACE_TTL_S})
tell('accepted', update)
return {{'ok'}}
"""
)

CLOSE = Script(
    _PRELUDE
    + """
local _, id, me, wrapup, update, ttl = unpack(ARGV)
local state, holder = unpack(redis.call('HMGET', handoff, 'state', 'agent'))
if not state then return {'unknown', 'handoff'} end
if holder ~= me then return {'denied'} end
if state == 'accepted' then
  redis.call('HSET', handoff, 'state', 'closed', 'wrapup', wrapup)
  redis.call('EXPIRE', handoff, ttl)
  redis.call('HDEL', taken, id)
  redis.call('HDEL', lean, id)
  redis.call('HINCRBY', loads, me, -1)
  tell('closed', update, wrapup)
end
return {'ok'}
"""
)

REQUEUE = Script(
    _PRELUDE
    + """
local _, id, holder, score, why, update = unpack(ARGV)
local state, has = unpack(redis.call('HMGET', handoff, 'state', 'agent'))
if not state then return {'unknown', 'handoff'} end
if state ~= 'accepted' or has ~= holder then return {'ok', 0} end
redis.call('HSET', handoff, 'state', 'waiting', 'left_by', holder, 'why', why)
redis.call('HDEL', handoff, 'agent')
redis.call('HDEL', taken, id)
redis.call('HINCRBY', loads, holder, -1)
redis.call('ZADD', waiting, score, id)
redis.call('ZADD', queue, score, id)
tell('requeued', update)
return {'ok', 1}
"""
)

MOVE = Script(
    _PRELUDE
    + """
local _, id, from, to, now, update, most = unpack(ARGV)
local state, has = unpack(redis.call('HMGET', handoff, 'state', 'agent'))
if not state then return {'unknown', 'handoff'} end
if redis.call('HEXISTS', agents, to) == 0 then return {'unknown', 'agent'} end
if state == 'accepted' and has == to then return {'ok'} end
if state ~= 'accepted' or has ~= from then return {'taken', has and redis.call('HGET', agents, has) or ''} end
if string.match(redis.call('HGET', states, to), ' offline$') then return {'offline'} end
local load = tonumber(redis.call('HGET', loads, to) or 0)
if tonumber(most) >= 0 and load >= tonumber(most) then return {'full'} end
redis.call('HSET', handoff, 'agent', to, 'accepted_at', now)
redis.call('HINCRBY', handoff, 'assignment', 1)
redis.call('HSET', taken, id, now .. ' ' .. to)
redis.call('HINCRBY', loads, from, -1)
redis.call('HINCRBY', loads, to, 1)
tell('moved', update)
return {'ok'}
"""
)

LOST = Script(
    _PRELUDE
    + """
local seen, after = handoff, tonumber(ARGV[2])
local now = tonumber(redis.call('TIME')[1])
local known, gone = redis.call('HGETALL', states), {}
for n = 1, #known, 2 do
  local id = known[n]
  local busy = tonumber(redis.call('HGET', loads, id) or 0) > 0
  if busy or not string.match(known[n + 1], ' offline$') then
    local at = redis.call('ZSCORE', seen, id)
    if not at then
      redis.call('ZADD', seen, now, id)
    elseif now - tonumber(at) >= after then
      gone[#gone + 1] = id
    end
  end
end
return {'ok', gone}
"""
)
"""The tenth key is when each agent was last seen, by the clock of Redis. Who was never seen is seen now."""

SEEN = Script(
    _PRELUDE
    + """
redis.call('ZADD', handoff, redis.call('TIME')[1], ARGV[2])
return {'ok'}
"""
)

ABANDON = Script(
    _PRELUDE
    + """
local _, id, why, update, ttl = unpack(ARGV)
if redis.call('HGET', handoff, 'state') ~= 'waiting' then return {'ok', 0} end
redis.call('HSET', handoff, 'state', 'abandoned', 'why', why)
redis.call('EXPIRE', handoff, ttl)
redis.call('ZREM', waiting, id)
redis.call('ZREM', queue, id)
redis.call('HDEL', lean, id)
tell('waiting.removed', update)
return {'ok', 1}
"""
)

WAITING = Script(
    _PRELUDE
    + """
local ids = redis.call('ZRANGE', handoff, 0, ARGV[2] - 1)
if #ids == 0 then return {'ok', {}} end
return {'ok', redis.call('HMGET', lean, unpack(ids))}
"""
)
"""The tenth key is the line to read."""

PUT_AGENT = Script(
    _PRELUDE
    + """
local _, id, profile, state, update, first = unpack(ARGV)
if redis.call('HGET', agents, id) == profile then return {'ok'} end
redis.call('HSET', agents, id, profile)
if redis.call('HSETNX', states, id, state) == 1 then update = first end
tell('agent', update)
return {'ok'}
"""
)

SET_STATE = Script(
    _PRELUDE
    + """
local _, id, state, update = unpack(ARGV)
if redis.call('HEXISTS', agents, id) == 0 then return {'unknown', 'agent'} end
redis.call('HSET', states, id, state)
tell('agent', update)
return {'ok'}
"""
)

AGENT = Script(
    _PRELUDE
    + """
local id = ARGV[2]
local profile = redis.call('HGET', agents, id)
if not profile then return {'unknown', 'agent'} end
return {'ok', profile, redis.call('HGET', states, id), redis.call('HGET', loads, id)}
"""
)

VIEW = Script(
    _PRELUDE
    + """
return {'ok', redis.call('GET', seqs) or '0', redis.call('HGETALL', lean), redis.call('ZRANGE', waiting, 0, -1),
  redis.call('HGETALL', taken), redis.call('HGETALL', agents), redis.call('HGETALL', states),
  redis.call('HGETALL', loads)}
"""
)

UPDATES = Script(
    _PRELUDE
    + """
local after = tonumber(ARGV[2])
return {'ok', redis.call('GET', seqs) or '0', redis.call('XRANGE', updates, string.format('%d-0', after + 1), '+')}
"""
)
