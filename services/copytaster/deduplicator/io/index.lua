-- Writes a story version's record and its candidate keys, before anybody looks for candidates.
-- KEYS: story hash, counter hash, numbers of the slice
-- ARGV: version, record, story id (16 bytes), life in s, start of the bucket keys, most stories kept under one key, then the keys (6 bytes each)
-- Returns {1, number} or {0, stored version} when a newer version is there already.
--
-- The buckets of a slice grow with it (linear hashing): `buckets` says how many there are, `members` how much they hold. A bucket has
-- some 64 members on the average, few enough for the server's compact encoding and for a look-up that reads it whole. The names of
-- the buckets follow from the keys, so they cannot be declared; they carry the hash tag of the declared ones.
-- Members have no score, so a bucket is in the order of its bytes and the server finds those of one key by itself.
local FIRST_BUCKETS, LOAD, END = 64, 64, string.rep('\255', 5)

local stored = tonumber(redis.call('HGET', KEYS[1], 'version') or 0)
if stored > tonumber(ARGV[1]) then
  return { 0, stored }
end
local numbers, life, start, most = KEYS[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local number = tonumber(redis.call('HGET', KEYS[1], 'number') or 0)
if number == 0 then
  number = redis.call('HINCRBY', KEYS[2], 'next', 1)
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'record', ARGV[2], 'number', number)
redis.call('EXPIRE', KEYS[1], life)
redis.call('HSET', numbers, number, ARGV[3])
redis.call('EXPIRE', numbers, life)

local slice = redis.call('HMGET', numbers, 'buckets', 'members')
local buckets, members = tonumber(slice[1] or FIRST_BUCKETS), tonumber(slice[2] or 0)
local high = 1
while high < buckets do
  high = high * 2
end

local function bucket_of(key)
  local place = struct.unpack('>I4', string.sub(key, 3, 6)) % high
  if place >= buckets then
    place = place % (high / 2)
  end
  return start .. string.format('%x', place)
end

local function split()
  if buckets == high then
    high = high * 2
  end
  local from = start .. string.format('%x', buckets - high / 2)
  local held = redis.call('ZRANGE', from, 0, -1)
  buckets = buckets + 1
  local into = start .. string.format('%x', buckets - 1)
  local moved = {}
  for _, member in ipairs(held) do
    if bucket_of(member) == into then
      redis.call('ZADD', into, 0, member)
      moved[#moved + 1] = member
    end
  end
  for begin = 1, #moved, 1000 do
    redis.call('ZREM', from, unpack(moved, begin, math.min(begin + 999, #moved)))
  end
  if #moved > 0 then
    redis.call('EXPIRE', into, life)
  end
end

local ids = {}
local function id_of(packed)
  if not ids[packed] then
    ids[packed] = redis.call('HGET', numbers, (struct.unpack('>I4', packed))) or ''
  end
  return ids[packed]
end

-- a full key keeps the stories with the least ids, which are hashes, and not those that came first
local function spill(bucket, key)
  if redis.call('ZLEXCOUNT', bucket, '[' .. key, '(' .. key .. END) <= most then
    return 0
  end
  local worst, worst_id = nil, ''
  for _, member in ipairs(redis.call('ZRANGEBYLEX', bucket, '[' .. key, '(' .. key .. END)) do
    local id = id_of(string.sub(member, 7))
    if not worst or id > worst_id then
      worst, worst_id = member, id
    end
  end
  return redis.call('ZREM', bucket, worst)
end

local suffix = struct.pack('>I4', number)
for index = 7, #ARGV do
  local key = ARGV[index]
  local bucket = bucket_of(key)
  local added = redis.call('ZADD', bucket, 0, key .. suffix)
  redis.call('EXPIRE', bucket, life)
  members = members + added
  if added == 1 and redis.call('ZCARD', bucket) > most then
    members = members - spill(bucket, key)
  end
  if members > buckets * LOAD then
    split()
  end
end
redis.call('HSET', numbers, 'buckets', buckets, 'members', members)
return { 1, number }
