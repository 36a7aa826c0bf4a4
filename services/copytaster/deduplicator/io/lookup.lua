-- Who shares candidate keys with a story: looks into the buckets of the given slices and counts exact matches.
-- KEYS: numbers hash of the slice, then its buckets, one a key and in the order of the prefixes
-- ARGV: most stories taken from one bucket and key, then one member prefix a key
-- Returns a flat list: story id (16 bytes), shared keys, ...
local most = tonumber(ARGV[1])
local counts, order = {}, {}
for index = 2, #KEYS do
  local prefix = ARGV[index]
  local taken = 0
  for _, member in ipairs(redis.call('SMEMBERS', KEYS[index])) do
    if taken < most and string.sub(member, 1, #prefix) == prefix then
      local number = struct.unpack('>I4', string.sub(member, #prefix + 1))
      if counts[number] then
        counts[number] = counts[number] + 1
      else
        counts[number] = 1
        order[#order + 1] = number
      end
      taken = taken + 1
    end
  end
end
local found = {}
for _, number in ipairs(order) do
  local story = redis.call('HGET', KEYS[1], number)
  if story then
    found[#found + 1] = story
    found[#found + 1] = counts[number]
  end
end
return found
