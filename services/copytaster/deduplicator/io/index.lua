-- Writes a story version's record and its candidate keys, before anybody looks for candidates.
-- KEYS: story hash, counter hash, numbers of the slice, then one bucket set a key
-- ARGV: version, record, story id (16 bytes), life in s, then one member prefix (the key's rest) a key
-- Returns {1, number} or {0, stored version} when a newer version is there already.
local stored = tonumber(redis.call('HGET', KEYS[1], 'version') or 0)
if stored > tonumber(ARGV[1]) then
  return { 0, stored }
end
local life = ARGV[4]
local number = tonumber(redis.call('HGET', KEYS[1], 'number') or 0)
if number == 0 then
  number = redis.call('HINCRBY', KEYS[2], 'next', 1)
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'record', ARGV[2], 'number', number)
redis.call('EXPIRE', KEYS[1], life)
redis.call('HSET', KEYS[3], number, ARGV[3])
redis.call('EXPIRE', KEYS[3], life)
local suffix = struct.pack('>I4', number)
for index = 4, #KEYS do
  redis.call('SADD', KEYS[index], ARGV[index + 1] .. suffix)
  redis.call('EXPIRE', KEYS[index], life)
end
return { 1, number }
