-- Counts a handled failure of an entry and says when it may be tried again, by the server's clock.
-- KEYS: stream, hash of failures
-- ARGV: group, consumer, entry id, 1 for a bug or 0, first wait in ms, longest wait in ms, least wait in ms, life in s
-- Returns {handled failures, bugs among them, wait in ms}; {0, 0, 0} when another consumer holds the entry by now.
local group, consumer, id = ARGV[1], ARGV[2], ARGV[3]
local pending = redis.call('XPENDING', KEYS[1], group, id, id, 1)
if #pending == 0 or pending[1][2] ~= consumer then
  return { 0, 0, 0 }
end
local handled, bugs = string.match(redis.call('HGET', KEYS[2], id) or '0 0', '^(%d+) (%d+)')
handled, bugs = tonumber(handled) + 1, tonumber(bugs) + tonumber(ARGV[4])
local wait = math.min(tonumber(ARGV[5]) * 2 ^ (handled - 1), tonumber(ARGV[6]))
wait = math.floor(math.max(wait, tonumber(ARGV[7])))
local clock = redis.call('TIME')
local due = clock[1] * 1000 + math.floor(clock[2] / 1000) + wait
redis.call('HSET', KEYS[2], id, string.format('%d %d %.0f', handled, bugs, due))
redis.call('EXPIRE', KEYS[2], ARGV[8])
return { handled, bugs, wait }
