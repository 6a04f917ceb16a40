"""What the scripts of one conversation begin with: names for its keys, and what several of them do."""

from __future__ import annotations

from bot.store.codec import META

LINES_KEPT = 2_000
"""A log keeps at least so many lines (and all after the last answered turn)."""
EVENTS_KEPT = 20_000
"""A tracker that grows beyond this loses its oldest quarter, but not what its slots were set to there."""
PAYLOADS_KEPT = 200
LONGEST_LEASE_S = 3_600
"""A lease that claims to last longer holds nobody off."""

PRELUDE = f"""
local meta, log, pending, seen, offered, events, effects = unpack(KEYS)
if redis.call('EXISTS', meta) == 0 then return {{'gone'}} end
local function now() local t = redis.call('TIME') return t[1] + t[2] / 1000000 end
local function moment(t) return string.format('%.6f', t) end
local function get(field) return redis.call('HGET', meta, field) end
local function number(field) return tonumber(redis.call('HGET', meta, field) or 0) or 0 end
local function changed() redis.call('HINCRBY', meta, 'changes', 1) end
local function keep(ttl)
  local remind = number('remind')
  if remind > 0 then ttl = math.ceil(ttl + math.max(0, remind - now())) end
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end
end
local function held(me, t)
  local lease, till = get('lease'), number('until')
  return lease and lease ~= me and till > t and till < t + {LONGEST_LEASE_S}
end
local function unlisted()
  local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  return last and last[2][1] == 'turn' and tonumber(string.match(last[1], '^%d+')) > number('done')
end
local function leased(me, fence) return get('lease') == me and number('fence') == tonumber(fence) end
local function state() return cjson.encode(redis.call('HMGET', meta, {", ".join(f"'{name}'" for name in META)})) end
local function joined(list) return '[' .. table.concat(list, ',') .. ']' end
local function written(line, told)
  local seq, parts = string.match(line[1], '^%d+'), line[2]
  if parts[1] == 'reply' then return '{{"seq":' .. seq .. ',"at":' .. parts[4] .. ',"reply":' .. parts[2] .. '}}' end
  local payload = parts[4] and ',"payload":' .. cjson.encode(parts[4]) or ''
  return '{{"seq":' .. seq .. payload .. ',"turn":' .. (told or parts[2]) .. '}}'
end
local function lines(first, last, count)
  local found = redis.call('XRANGE', log, first .. '-0', last, 'COUNT', count)
  for n, line in ipairs(found) do found[n] = written(line) end
  return joined(found)
end
local function line(seq) return string.sub(lines(seq, seq .. '-0', 1), 2, -2) end
local function turns()
  local found = {{}}
  for _, seq in ipairs(redis.call('LRANGE', pending, 0, -1)) do
    local kept = redis.call('XRANGE', log, seq .. '-0', seq .. '-0', 'COUNT', 1)[1]
    found[#found + 1] = kept and written(kept, get('clear:' .. seq)) or ''
  end
  return joined(found)
end
"""
"""What a script returns many of, it returns as one JSON text: that is far quicker to read than a list of lists."""

APPEND = f"""
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
    elseif name == 'private' then
      redis.call('HSET', meta, 'private', number('seq'))
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
TRACKER = """
local function tracker(after)
  local length, head, version = redis.call('LLEN', events), number('head'), number('version')
  local dropped = version - (length - head)
  local from = head + after - dropped
  if after < dropped or after == 0 then from = 0 end
  return joined(redis.call('LRANGE', events, from, -1))
end
"""
