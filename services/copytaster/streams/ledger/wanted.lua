-- What the queue of wanted articles holds of the ledger's items, as it is at one instant. Reads only.
--
-- KEYS: wanted (zset of article ids)
-- ARGV: prefix of the articles' hashes
-- Returns {article id, hour, feed id, ...}, three values for each member that stands for an item.
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local held = redis.call('HMGET', ARGV[1] .. id, 'hour', 'feed')
  if held[1] and held[2] then
    found[#found + 1] = id
    found[#found + 1] = held[1]
    found[#found + 1] = held[2]
  end
end
return found
