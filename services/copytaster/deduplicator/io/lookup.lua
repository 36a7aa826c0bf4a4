-- Who shares candidate keys with a story: looks into the buckets of the given slices and counts exact matches.
-- KEYS: numbers hash of the slice, then its buckets, one a key and in the order of the prefixes
-- ARGV: most stories taken from one bucket and key, then one member prefix a key
-- Returns a flat list: story id (16 bytes), shared keys, ...
local most = tonumber(ARGV[1])
local counts, order = {}, {}

local function matches(index)
  local prefix, numbers = ARGV[index], {}
  for _, member in ipairs(redis.call('SMEMBERS', KEYS[index])) do
    if string.sub(member, 1, #prefix) == prefix then
      numbers[#numbers + 1] = struct.unpack('>I4', string.sub(member, #prefix + 1))
    end
  end
  if #numbers <= most then
    return numbers
  end
  -- a full bucket keeps candidates by their id, which is a hash, and not by arrival
  local named = {}
  for _, number in ipairs(numbers) do
    named[#named + 1] = { redis.call('HGET', KEYS[1], number) or '', number }
  end
  table.sort(named, function(a, b) return a[1] < b[1] end)
  local kept = {}
  for position = 1, most do
    kept[position] = named[position][2]
  end
  return kept
end

for index = 2, #KEYS do
  for _, number in ipairs(matches(index)) do
    if counts[number] then
      counts[number] = counts[number] + 1
    else
      counts[number] = 1
      order[#order + 1] = number
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
