-- The plain decisions of slidingWindowCounter (@rl/core, algorithms/sliding-window-counter.ts).

local call, pack, unpack, ceil, max = redis.call, struct.pack, struct.unpack, math.ceil, math.max
local slidingWindowCounter

local function decide(charge, now, extraMs, key)
  local packed, quota, windowMs, cost = call('GET', key), charge.quota, charge.windowMs, charge.cost
  local opensAt, current, previous = now, 0, 0
  if packed then
    if #packed ~= 32 then return nil end
    local itsOpensAt, length, itsCurrent, itsPrevious = unpack('<dddd', packed)
    if length ~= windowMs or itsOpensAt > now then return nil end
    if now < itsOpensAt + windowMs then
      opensAt, current, previous = itsOpensAt, itsCurrent, itsPrevious
    elseif now < itsOpensAt + 2 * windowMs and itsCurrent > 0 then
      opensAt, previous = itsOpensAt + windowMs, itsCurrent
    end
  end
  local endsAt = opensAt + windowMs
  local spent = current + ceil(previous * (endsAt - now) / windowMs)
  local left = quota - spent - cost
  local resetAfterMs = endsAt + windowMs - now
  if left < 0 then
    if cost > quota then return nil end
    slidingWindowCounter = slidingWindowCounter or makeAlgorithm('sc')
    local fitsAt = slidingWindowCounter.fitsAt(quota - cost, opensAt, windowMs, current, previous)
    if current == 0 then resetAfterMs = endsAt - now end
    return -1 - max(0, quota - spent), resetAfterMs, nil, nil, fitsAt - now
  end
  if current > 0 then return left, resetAfterMs, pack('<d', current + cost) end
  return left, resetAfterMs, pack('<dddd', opensAt, windowMs, cost, previous), resetAfterMs + extraMs
end

return { decide = decide, write = setWithExpiry, offset = '16' }
