-- Renews the lease of entries that their holder still works on.
-- KEYS: stream
-- ARGV: group, consumer, then entry ids
-- Returns the ids that the consumer no longer holds; these are left as they are.
local group, consumer, lost = ARGV[1], ARGV[2], {}
for position = 3, #ARGV do
  local id = ARGV[position]
  local pending = redis.call('XPENDING', KEYS[1], group, id, id, 1)
  if #pending == 0 or pending[1][2] ~= consumer then
    lost[#lost + 1] = id
  else
    redis.call('XCLAIM', KEYS[1], group, consumer, 0, id, 'JUSTID')
  end
end
return lost
