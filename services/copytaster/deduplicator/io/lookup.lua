-- Who shares candidate keys with a story: looks into the buckets of several slices and counts exact matches.
-- KEYS: numbers of each slice
-- ARGV: start of the bucket keys of each slice, in the same order, then the keys (6 bytes each)
-- Returns a flat list: story id (16 bytes), shared keys, ...   How buckets are found: index.lua.
local END = string.rep('\255', 5)
local low, up, places = {}, {}, {}
for index = #KEYS + 1, #ARGV do
  low[#low + 1] = '[' .. ARGV[index]
  up[#up + 1] = '(' .. ARGV[index] .. END
  places[#places + 1] = struct.unpack('>I4', string.sub(ARGV[index], 3, 6))
end
local found = {}

local function search(numbers, start, buckets)
  local high = 1
  while high < buckets do
    high = high * 2
  end
  local counts, order = {}, {}
  for index = 1, #low do
    local place = places[index] % high
    if place >= buckets then
      place = place % (high / 2)
    end
    local bucket = start .. string.format('%x', place)
    for _, member in ipairs(redis.call('ZRANGEBYLEX', bucket, low[index], up[index])) do
      local number = string.sub(member, 7)
      if counts[number] then
        counts[number] = counts[number] + 1
      else
        counts[number] = 1
        order[#order + 1] = number
      end
    end
  end
  for _, number in ipairs(order) do
    local story = redis.call('HGET', numbers, (struct.unpack('>I4', number)))
    if story then
      found[#found + 1] = story
      found[#found + 1] = counts[number]
    end
  end
end

for slice, numbers in ipairs(KEYS) do
  local buckets = tonumber(redis.call('HGET', numbers, 'buckets') or 0)
  if buckets > 0 then
    search(numbers, ARGV[slice], buckets)
  end
end
return found
