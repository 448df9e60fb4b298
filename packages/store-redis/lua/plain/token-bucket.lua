-- The plain decisions of tokenBucket (@rl/core, algorithms/token-bucket.ts).

local call, pack, unpack, ceil, max, min = redis.call, struct.pack, struct.unpack, math.ceil, math.max, math.min

-- With every charge a bucket matters for longer, and to set an expiry takes Redis as long as the rest of a decision: so a key is
-- kept for a while more than it has to be.
local LONGER_MS = 60000

local function decide(charge, now, extraMs, key)
  local packed, quota, windowMs, cost = call('GET', key), charge.quota, charge.windowMs, charge.cost
  if quota == 0 then return nil end
  local missing, keptUntil = 0, now
  if packed then
    if #packed ~= 40 then return nil end
    local before, at, itsQuota, itsWindowMs, itsKeptUntil = unpack('<ddddd', packed)
    if itsQuota ~= quota or itsWindowMs ~= windowMs or at > now then return nil end
    missing, keptUntil = max(0, before - (now - at) * quota), itsKeptUntil
  end
  local left = charge.burst - ceil(missing / windowMs) - cost
  if left < 0 then
    local retryAfterMs = ceil((missing - (charge.burst - cost) * windowMs) / quota)
    if cost > charge.burst then retryAfterMs = -1 end
    return -1 - max(0, left + cost), ceil(missing / quota), nil, nil, retryAfterMs
  end
  missing = missing + cost * windowMs
  local resetAfterMs = ceil(missing / quota)
  local ttlMs = resetAfterMs + extraMs
  if now + ttlMs < keptUntil then return left, resetAfterMs, pack('<dddd', missing, now, quota, windowMs) end
  ttlMs = ttlMs + min(windowMs, LONGER_MS)
  return left, resetAfterMs, pack('<ddddd', missing, now, quota, windowMs, now + ttlMs), ttlMs
end

return { decide = decide, write = setWithExpiry, offset = '0' }
