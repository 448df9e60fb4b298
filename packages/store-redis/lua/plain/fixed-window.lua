-- The plain decisions of fixedWindow (@rl/core, algorithms/fixed-window.ts).

local call, pack, unpack, max = redis.call, struct.pack, struct.unpack, math.max

local function decide(charge, now, extraMs, key)
  local packed, quota, windowMs, cost = call('GET', key), charge.quota, charge.windowMs, charge.cost
  local spent, resetAfterMs = 0, 0
  if packed then
    if #packed ~= 24 then return nil end
    local opensAt, length, itsSpent = unpack('<ddd', packed)
    if length ~= windowMs or opensAt > now then return nil end
    local endsAt = opensAt + windowMs
    if now < endsAt then spent, resetAfterMs = itsSpent, endsAt - now end
  end
  local left = quota - spent - cost
  if left < 0 then
    local retryAfterMs = cost > quota and -1 or resetAfterMs
    return -1 - max(0, quota - spent), resetAfterMs, nil, nil, retryAfterMs
  end
  if resetAfterMs > 0 then return left, resetAfterMs, pack('<d', spent + cost) end
  return left, windowMs, pack('<ddd', now, windowMs, cost), windowMs + extraMs
end

return { decide = decide, write = setWithExpiry, offset = '16' }
