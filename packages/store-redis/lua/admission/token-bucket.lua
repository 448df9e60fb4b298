-- State: missing, at, quota, windowMs, and until when the key is kept at least.

local ceil, max, min = math.ceil, math.max, math.min

-- With every charge a bucket matters for longer, and to set an expiry takes Redis as long as the rest of a decision: so a key is
-- kept for a while more than it has to be.
local LONGER_MS = 60000

local function admit(charge, now, extraMs, key)
  local packed, quota, windowMs, cost = call('GET', key), charge.quota, charge.windowMs, charge.cost
  local missing, keptUntil = 0, 0
  if packed then
    if #packed ~= 40 then return nil end
    local before, at, itsQuota, itsWindowMs, itsKeptUntil = unpack('<ddddd', packed)
    if itsQuota ~= quota or itsWindowMs ~= windowMs or at > now then return nil end
    missing, keptUntil = max(0, before - (now - at) * quota), itsKeptUntil
  end
  local left = charge.burst - ceil(missing / windowMs) - cost
  if left < 0 or quota == 0 then return nil end
  missing = missing + cost * windowMs
  local resetAfterMs = ceil(missing / quota)
  local ttlMs = resetAfterMs + extraMs
  if keptUntil > now + ttlMs then return left, resetAfterMs, pack('<dddd', missing, now, quota, windowMs) end
  ttlMs = ttlMs + min(windowMs, LONGER_MS)
  return left, resetAfterMs, pack('<ddddd', missing, now, quota, windowMs, now + ttlMs), ttlMs
end

return { admit = admit, write = writeIntegers, offset = '0' }
