-- What the algorithms share. A state is a few whole numbers, which come and go as values rather than in tables, and are
-- kept packed: that is what makes the script fast. Numbers are handed to Redis as text, which takes it a third of the time.

local NEVER = -1
-- What `consume` says of a state that has changed, and matters for as long as before.
local AS_LONG = 'as long'
local MAX_INTEGER = 9007199254740991

local call, keys = redis.call, KEYS
local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min
local pack, unpack, byte = cmsgpack.pack, cmsgpack.unpack, string.byte

-- Most numbers of one moment are alike: how long keys live, or where the ends of their states are.
local lastNumber, lastText
local function text(number)
  if number ~= lastNumber then lastNumber, lastText = number, string.format('%.0f', number) end
  return lastText
end

local function loadIntegers(key)
  local packed = call('GET', key)
  if not packed then return nil end
  local a, b, c, d, more = unpack(packed)
  if not c or more then error('the key ' .. key .. ' holds something else') end
  return a, b, c, d
end

-- While a window is open, only the end of its state changes (what has been spent), and never packs shorter than before. So with no
-- time to live only that is written, and the key keeps its expiry: to set one takes Redis as long as the rest of a decision.
local function saveIntegers(key, ttlMs, a, b, c, d)
  if ttlMs then
    -- As `SET … PX` does, with less to read for Redis.
    call('PSETEX', key, text(ttlMs), d and pack(a, b, c, d) or pack(a, b, c))
  else
    call('SETRANGE', key, text(#pack(a, b)), d and pack(c, d) or pack(c))
  end
end
