-- Takes the name of a consumer out of a group, if it holds nothing and gave no sign for some time: XGROUP DELCONSUMER throws the
-- entries that a consumer holds away, so the look and the removal have to be one step.
-- KEYS: stream
-- ARGV: group, consumer, least idle time in ms
-- Returns 1 when the name was removed, else 0.
for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local facts = {}
  for position = 1, #row, 2 do
    facts[row[position]] = row[position + 1]
  end
  if facts.name == ARGV[2] and facts.pending == 0 and facts.idle >= tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
    return 1
  end
end
return 0
