-- Hands back what a consumer holds and has not begun, so that others take it at once: its idle time becomes long, and the delivery
-- that came to nothing is taken off its count. Entries that wait for their back-off are left as they are.
-- KEYS: stream, hash of failures
-- ARGV: group, consumer, idle time in ms, first id to look at, most ids to look at, then ids of entries that were begun
-- Returns {how many were handed back, the last id looked at, or '' when there were no more}.
local group, consumer, begun = ARGV[1], ARGV[2], {}
for position = 6, #ARGV do
  begun[ARGV[position]] = true
end
local held = redis.call('XPENDING', KEYS[1], group, ARGV[4], '+', ARGV[5], consumer)
local count, last = 0, ''
for _, row in ipairs(held) do
  local id = row[1]
  if not begun[id] and redis.call('HEXISTS', KEYS[2], id) == 0 then
    local deliveries = math.max(row[4] - 1, 0)
    redis.call('XCLAIM', KEYS[1], group, consumer, 0, id, 'IDLE', ARGV[3], 'RETRYCOUNT', deliveries, 'JUSTID')
    count = count + 1
  end
  last = id
end
return { count, last }
