-- A state of a few whole numbers, each in eight bytes. It comes and goes as values rather than in a table.

local call, pack, unpack = redis.call, struct.pack, struct.unpack

local function loadIntegers(key)
  local packed = call('GET', key)
  if not packed then return nil end
  local length = #packed
  if length == 24 then return unpack('<ddd', packed) end
  if length == 32 then return unpack('<dddd', packed) end
  if length == 40 then return unpack('<ddddd', packed) end
  error('the key ' .. key .. ' holds something else')
end

-- Redis takes three times as long to read a number as to read its text. The keys of one moment mostly live for equally long.
local lastNumber, lastText
local function text(number)
  if number ~= lastNumber then lastNumber, lastText = number, string.format('%.0f', number) end
  return lastText
end

-- Windows: when they opened, how long they are, and one or two counts. To set an expiry takes Redis as long as all else in a
-- decision; where only the counts have changed, it stays.
local function saveWindows(key, change, ttlMs, opensAt, windowMs, count, previous)
  if change == 'counts' then
    call('SETRANGE', key, '16', previous and pack('<dd', count, previous) or pack('<d', count))
  else
    -- As `SET … PX` does, with less to read for Redis.
    local packed = previous and pack('<dddd', opensAt, windowMs, count, previous) or pack('<ddd', opensAt, windowMs, count)
    call('PSETEX', key, text(ttlMs), packed)
  end
end
