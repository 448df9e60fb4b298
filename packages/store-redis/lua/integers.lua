-- A state of a few whole numbers, each in eight bytes: its layout is as `struct.pack` has it.

local function loadIntegers(key, layout)
  local packed = redis.call('GET', key)
  if not packed then return nil end
  if #packed == 8 * #layout - 8 then
    -- With them comes where the next would begin, which nobody reads.
    local state = { struct.unpack(layout, packed) }
    -- Text makes numbers too, but hardly ever a whole one of this size.
    if state[1] % 1 == 0 and state[1] <= 9007199254740991 then return state end
  end
  error('the key ' .. key .. ' holds something else')
end

local function saveIntegers(key, state, ttlMs, layout)
  setWithExpiry(key, struct.pack(layout, unpack(state)), ttlMs)
end
