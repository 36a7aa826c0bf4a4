-- Claims due members of a queue for one fetcher: lease, fence and the gate of their host in one atomic step.
--
-- A member whose host is not free yet gets a slot of its own at the end of the host's line, and is due again then: no
-- member is looked at again and again while it waits, so that the work grows with the members and not with their square.
-- A host whose breaker is open (fetcher/breaker.py) lets nobody through until its time is over, and then one probe; a wait
-- that a platform asked for holds for all hosts below its name (fetcher/scopes.py).
-- A host has at most so many members of a lane in hand, over all fetchers: each is noted in a set of its own until its step
-- takes it out, or its lease has run out.
-- A lease that runs out makes its member due by itself; the fence tells a late worker that it lost the member.
--
-- KEYS: queue (zset, member by due ms)
-- ARGV: prefix of the members' hashes, prefix of the hosts' hashes, lane (field prefix of the gate), lease ms,
--       most members to claim, most members to look at, least gap between two requests of a host in ms, life of a
--       host's hash in ms, prefix of the sets of what hosts have in hand, most members of a host in hand
-- Returns {now ms, due ms of the next member or -1, {member, {field, value ...}} ...}; a member whose host has failed has
-- the field `host_broken` beside its own.
local queue = KEYS[1]
local members, hosts, lane = ARGV[1], ARGV[2], ARGV[3]
local lease, limit, scan = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local spacing, host_life = tonumber(ARGV[7]), ARGV[8]
local in_hand, most = ARGV[9] .. lane .. ':', tonumber(ARGV[10])
-- Slots lie a little further apart than the gap, so that a member taken late does not push the one behind it back.
local MARGIN, MARGIN_MS = 0.05, 20
-- How long a probe may be on its way before another is let through: longer than a request may take (45 s).
local PROBE_MS = 60000

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Without a gap the operator wants no restraint.
local function is_crowded(name, gap)
  if gap == 0 then
    return false
  end
  redis.call('ZREMRANGEBYSCORE', name, '-inf', now)
  return redis.call('ZCARD', name) >= most
end

local function gap_of(delay)
  return math.max(spacing, tonumber(delay) or 0)
end

local claimed = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', queue, '-inf', now, 'LIMIT', 0, scan)) do
  if #claimed >= limit then
    break
  end
  local key = members .. id
  local held = redis.call('HMGET', key, 'host', 'reserved')
  if redis.call('EXISTS', key) == 0 then
    redis.call('ZREM', queue, id)
  else
    local host = hosts .. (held[1] or '-')
    local gate = redis.call('HMGET', host, lane .. ':last', lane .. ':next', 'not_before', 'delay_ms', 'open_until', 'probe_until', 'broken')
    local gap = gap_of(gate[4])
    local free = math.max((tonumber(gate[1]) or 0) + gap, tonumber(gate[3]) or 0)
    local platform = held[1] and string.match(held[1], '[^.]+%.[^.]+$')
    if platform then
      free = math.max(free, tonumber(redis.call('HGET', hosts .. platform, 'all_not_before')) or 0)
    end
    if gate[5] then
      free = math.max(free, tonumber(gate[5]), tonumber(gate[6]) or 0)
    end
    local line = tonumber(gate[2]) or 0
    local slot_gap = gap > 0 and math.floor(gap * (1 + MARGIN)) + MARGIN_MS or 0
    local crowd = in_hand .. (held[1] or '-')
    local in_turn = now >= free and (held[2] == '1' or line <= now)
    if in_turn and is_crowded(crowd, gap) then
      in_turn, free = false, now + gap
    end
    if in_turn then
      if gap > 0 then
        redis.call('ZADD', crowd, now + lease, id)
        redis.call('PEXPIRE', crowd, lease)
      end
      redis.call('HSET', host, lane .. ':last', now, lane .. ':next', math.max(line, now + slot_gap))
      if gate[5] then
        redis.call('HSET', host, 'probe_until', now + PROBE_MS)
      end
      if held[2] then
        redis.call('HDEL', key, 'reserved')
      end
      redis.call('HINCRBY', key, 'fence', 1)
      redis.call('ZADD', queue, now + lease, id)
      local fields = redis.call('HGETALL', key)
      if gate[7] then
        fields[#fields + 1] = 'host_broken'
        fields[#fields + 1] = gate[7]
      end
      claimed[#claimed + 1] = { id, fields }
    else
      local slot = math.max(line, free)
      redis.call('HSET', key, 'reserved', '1')
      redis.call('HSET', host, lane .. ':next', slot + slot_gap)
      redis.call('ZADD', queue, slot, id)
    end
    redis.call('PEXPIRE', host, host_life)
  end
end

local first = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')
local reply = { now, first[2] and math.floor(tonumber(first[2])) or -1 }
for _, one in ipairs(claimed) do
  reply[#reply + 1] = one
end
return reply
