-- Twin of tokenBucket (@rl/core, algorithms/token-bucket.ts).
-- State: missing, at, quota, windowMs. With it, until when the key is kept at least.

local ceil, max, min = math.ceil, math.max, math.min

local function refillTime(parts, quota)
  return parts == 0 and 0 or ceil(parts / quota)
end

local function refilled(now, state)
  if not state then return nil end
  local missing, at, quota, windowMs = unpack(state)
  -- What comes to more than 2^53 is not exact, and more than is ever missing.
  local back = max(0, now - at) * quota
  if back < missing then return missing - back, quota, windowMs end
  return nil
end

local function consume(limit, cost, now, state)
  local quota, windowMs = limit.quota, limit.windowMs
  local capacity = quota == 0 and 0 or limit.burst
  local missing, rate, parts = refilled(now, state)
  if not missing then missing, rate, parts = 0, quota, windowMs end
  local tokens = ceil(missing / parts)
  local left = max(0, capacity - tokens)
  if cost == 0 then return true, left, 0, refillTime(missing, rate) end
  if cost > left then
    local resetAfterMs = refillTime(missing, rate)
    if cost > capacity then return false, left, nil, resetAfterMs end
    local retryAfterMs = refillTime(missing - (capacity - cost) * parts, rate)
    return false, left, retryAfterMs, resetAfterMs, now < state[2] and { missing, now, rate, parts }
  end
  local spent = (parts == windowMs and missing or tokens * windowMs) + cost * windowMs
  return true, left - cost, 0, refillTime(spent, quota), { spent, now, quota, windowMs }
end

local function refund(charge, now, state)
  local missing, quota, windowMs = refilled(now, state)
  if not missing then return nil end
  local owed = charge.cost * windowMs
  if charge.at then owed = min(owed, max(0, charge.at + charge.resetAfterMs - max(now, charge.at)) * quota) end
  local left = missing - owed
  if left > 0 then return { left, now, quota, windowMs } end
  return nil
end

local function load(key) return loadIntegers(key, '<ddddd') end

local function save(key, state, ttlMs)
  local missing, now, quota, windowMs = unpack(state)
  saveIntegers(key, { missing, now, quota, windowMs, now + ttlMs }, ttlMs, '<ddddd')
end

return { load = load, save = save, consume = consume, refund = refund }
