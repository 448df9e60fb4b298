-- A state of a few whole numbers, each in eight bytes: its layout is as `struct.pack` has it. It comes and goes as values rather than
-- in a table.

local call, pack, unpack = redis.call, struct.pack, struct.unpack

local function loadIntegers(key, layout)
  local packed = call('GET', key)
  if not packed then return nil end
  if #packed == 8 * #layout - 8 then
    local first, second, third, fourth, fifth = unpack(layout, packed)
    -- Text makes numbers too, but hardly ever a whole one of this size.
    if first % 1 == 0 and first <= 9007199254740991 then return first, second, third, fourth, fifth end
  end
  error('the key ' .. key .. ' holds something else')
end

-- Redis takes three times as long to read a number as to read its text. The keys of one moment mostly live for equally long.
local lastNumber, lastText
local function text(number)
  if number ~= lastNumber then lastNumber, lastText = number, string.format('%.0f', number) end
  return lastText
end

-- Windows: when they opened, how long they are, and one or two counts. Where only the counts have changed, the key keeps its
-- expiry: to set one takes Redis as long as the rest of a decision.
local function saveWindows(key, change, ttlMs, opensAt, windowMs, count, previous)
  if change == 'counts' then
    call('SETRANGE', key, '16', previous and pack('<dd', count, previous) or pack('<d', count))
  else
    -- As `SET … PX` does, with less to read for Redis.
    local packed = previous and pack('<dddd', opensAt, windowMs, count, previous) or pack('<ddd', opensAt, windowMs, count)
    call('PSETEX', key, text(ttlMs), packed)
  end
end
