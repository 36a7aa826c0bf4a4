-- Renews the leases of members that one fetcher still works on, in one atomic step.
--
-- A lease is renewed only while the claim is the latest one and the member lies where its lease put it: one that was
-- completed, put back or claimed by another in the meantime stays as it is.
--
-- KEYS: queue (zset, member by due ms)
-- ARGV: prefix of the members' hashes, lease ms, then for each member: member, fence, end of its lease in ms
-- Returns for each member the new end of its lease in ms, or 0 where it was not renewed.
local queue = KEYS[1]
local members, lease = ARGV[1], tonumber(ARGV[2])

local time = redis.call('TIME')
local ends = time[1] * 1000 + math.floor(time[2] / 1000) + lease

local renewed = {}
for at = 3, #ARGV, 3 do
  local id, fence, held_until = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local score = tonumber(redis.call('ZSCORE', queue, id) or -1)
  if score == held_until and redis.call('HGET', members .. id, 'fence') == fence then
    redis.call('ZADD', queue, ends, id)
    renewed[#renewed + 1] = ends
  else
    renewed[#renewed + 1] = 0
  end
end
return renewed
