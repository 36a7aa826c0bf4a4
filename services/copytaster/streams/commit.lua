-- One unit of work in one atomic step: guard, write, publish, acknowledge.
-- Every check comes before the first write, so a refused commit leaves nothing behind.
--
-- KEYS: all keys that the step touches, of one slot; ARGV names them by their position.
-- ARGV: input  ("1", stream key, done key, group, entry id, consumer, done life in ms) or ("0")
--       checks (count, then key, kind, field, value each)
--       events (count, then stream key, guard key or 0, guard field, revision, field count, name, value ...)
--       ops    (count, then command, key, argument count, argument ...)
-- Returns {status, position}: committed | duplicate | fenced | conflict, position of the check or event that failed.
local at = 0
local function take()
  at = at + 1
  return ARGV[at]
end
local function take_key()
  return KEYS[tonumber(take())]
end

local input = nil
if take() == '1' then
  input = { stream = take_key(), done = take_key(), group = take(), id = take(), consumer = take(), life = take() }
  if redis.call('EXISTS', input.done) == 1 then
    -- written again, so that a WAIT behind a repeated commit waits for this write and all that went before it
    redis.call('SET', input.done, input.id, 'PX', input.life)
    redis.call('XACK', input.stream, input.group, input.id)
    return { 'duplicate', 0 }
  end
  local pending = redis.pcall('XPENDING', input.stream, input.group, input.id, input.id, 1)
  if pending.err then
    -- the group was lost: nobody holds the entry, and the group that is made again brings it once more
    return string.find(pending.err, 'NOGROUP', 1, true) and { 'fenced', 0 } or pending
  end
  if #pending == 0 or pending[1][2] ~= input.consumer then
    return { 'fenced', 0 }
  end
end

for position = 1, tonumber(take()) do
  local key, kind, field, value = take_key(), take(), take(), take()
  local held = redis.call('HGET', key, field)
  local ok
  if kind == 'equals' then
    ok = held == value
  elseif kind == 'absent' then
    ok = not held
  elseif kind == 'differs' then
    ok = held ~= value
  else
    ok = (not held) or (tonumber(held) < tonumber(value))
  end
  if not ok then
    return { 'conflict', position }
  end
end

local events, advanced = {}, {}
for position = 1, tonumber(take()) do
  local event = { stream = take_key(), guard = tonumber(take()), field = take(), revision = tonumber(take()), fields = {} }
  for index = 1, 2 * tonumber(take()) do
    event.fields[index] = take()
  end
  if event.guard > 0 then
    local name = event.guard .. ':' .. event.field
    local current = advanced[name] or tonumber(redis.call('HGET', KEYS[event.guard], event.field) or 0)
    if current ~= event.revision - 1 then
      return { 'conflict', -position }
    end
    advanced[name] = event.revision
  end
  events[position] = event
end

-- events before ops, so that an op can set the life of a counter that its first event made
for _, event in ipairs(events) do
  redis.call('XADD', event.stream, '*', unpack(event.fields))
  if event.guard > 0 then
    redis.call('HSET', KEYS[event.guard], event.field, event.revision)
  end
end

for _ = 1, tonumber(take()) do
  local command, key = take(), take_key()
  local arguments = {}
  for index = 1, tonumber(take()) do
    arguments[index] = take()
  end
  redis.call(command, key, unpack(arguments))
end

if input then
  redis.call('SET', input.done, input.id, 'PX', input.life)
  redis.call('XACK', input.stream, input.group, input.id)
end
return { 'committed', 0 }
