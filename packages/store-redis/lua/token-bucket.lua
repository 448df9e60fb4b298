-- Twin of tokenBucket (@rl/core, algorithms/token-bucket.ts).
-- State: missing, at, quota, windowMs.

local function refillTime(parts, quota)
  return parts == 0 and 0 or ceil(parts / quota)
end

local function refilled(now, missing, at, quota, windowMs)
  if not missing then return nil end
  -- What comes to more than 2^53 is not exact, and more than is ever missing.
  local back = max(0, now - at) * quota
  if back < missing then return missing - back, quota, windowMs end
  return nil
end

local function consume(limit, cost, now, before, at, itsQuota, itsWindowMs)
  local quota, windowMs = limit.quota, limit.windowMs
  local capacity = quota == 0 and 0 or limit.burst
  local missing, rate, parts = refilled(now, before, at, itsQuota, itsWindowMs)
  if not missing then missing, rate, parts = 0, quota, windowMs end
  local tokens = ceil(missing / parts)
  local left = max(0, capacity - tokens)
  if cost == 0 then return true, left, 0, refillTime(missing, rate), false end
  if cost > left then
    local resetAfterMs = refillTime(missing, rate)
    if cost > capacity then return false, left, NEVER, resetAfterMs, false end
    local retryAfterMs = refillTime(missing - (capacity - cost) * parts, rate)
    return false, left, retryAfterMs, resetAfterMs, now < at, missing, now, rate, parts
  end
  local spent = (parts == windowMs and missing or tokens * windowMs) + cost * windowMs
  return true, left - cost, 0, refillTime(spent, quota), true, spent, now, quota, windowMs
end

local function refund(charge, now, before, at, itsQuota, itsWindowMs)
  local missing, quota, windowMs = refilled(now, before, at, itsQuota, itsWindowMs)
  if not missing then return nil end
  local owed = charge.cost * windowMs
  if charge.at then owed = min(owed, max(0, charge.at + charge.resetAfterMs - max(now, charge.at)) * quota) end
  local left = missing - owed
  if left > 0 then return left, now, quota, windowMs end
  return nil
end

return { load = loadIntegers, save = saveIntegers, consume = consume, refund = refund, undo = refund }
