-- Who shares candidate keys with a story: looks into the buckets of one slice and counts exact matches.
-- KEYS: numbers of the slice
-- ARGV: start of the bucket keys, then the keys (6 bytes each)
-- Returns a flat list: story id (16 bytes), shared keys, ...   How buckets are found: index.lua.
local buckets = tonumber(redis.call('HGET', KEYS[1], 'buckets') or 0)
if buckets == 0 then
  return {}
end
local high = 1
while high < buckets do
  high = high * 2
end
local counts, order = {}, {}
for index = 2, #ARGV do
  local key = ARGV[index]
  local place = struct.unpack('>I4', string.sub(key, 3, 6)) % high
  if place >= buckets then
    place = place % (high / 2)
  end
  for _, member in ipairs(redis.call('SMEMBERS', ARGV[1] .. string.format('%x', place))) do
    if string.sub(member, 1, 6) == key then
      local number = string.sub(member, 7)
      if counts[number] then
        counts[number] = counts[number] + 1
      else
        counts[number] = 1
        order[#order + 1] = number
      end
    end
  end
end
local found = {}
for _, number in ipairs(order) do
  local story = redis.call('HGET', KEYS[1], (struct.unpack('>I4', number)))
  if story then
    found[#found + 1] = story
    found[#found + 1] = counts[number]
  end
end
return found
