-- Twin of tokenBucket (@rl/core, algorithms/token-bucket.ts).
-- State: missing, at, quota, windowMs. With it, until when the key is kept at least.

local ceil, max, min = math.ceil, math.max, math.min

-- With every charge a bucket matters for longer, and to set an expiry takes Redis as long as the rest of a decision: so a key is
-- kept for a while more than it has to be.
local LONGER_MS = 60000

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

local function consume(limit, cost, now, before, at, itsQuota, itsWindowMs, keptUntil)
  local quota, windowMs = limit.quota, limit.windowMs
  local capacity = quota == 0 and 0 or limit.burst
  local missing, rate, parts = refilled(now, before, at, itsQuota, itsWindowMs)
  if not missing then missing, rate, parts = 0, quota, windowMs end
  -- This clock has stepped back, but the one that keys expire by may not have.
  if at and now < at then keptUntil = nil end
  local tokens = ceil(missing / parts)
  local left = max(0, capacity - tokens)
  if cost == 0 then return true, left, 0, refillTime(missing, rate) end
  if cost > left then
    local resetAfterMs = refillTime(missing, rate)
    if cost > capacity then return false, left, nil, resetAfterMs end
    local retryAfterMs = refillTime(missing - (capacity - cost) * parts, rate)
    return false, left, retryAfterMs, resetAfterMs, now < at and 'all', missing, now, rate, parts
  end
  local spent = (parts == windowMs and missing or tokens * windowMs) + cost * windowMs
  return true, left - cost, 0, refillTime(spent, quota), 'all', spent, now, quota, windowMs, keptUntil
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

local function save(key, _, ttlMs, missing, now, quota, windowMs, keptUntil)
  if keptUntil and keptUntil > now + ttlMs then
    call('SETRANGE', key, '0', pack('<dddd', missing, now, quota, windowMs))
  else
    ttlMs = ttlMs + min(windowMs, LONGER_MS)
    call('PSETEX', key, text(ttlMs), pack('<ddddd', missing, now, quota, windowMs, now + ttlMs))
  end
end

return { layout = '<ddddd', load = loadIntegers, save = save, consume = consume, refund = refund, undo = refund }
