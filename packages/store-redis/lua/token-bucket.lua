-- Twin of tokenBucket (@rl/core, algorithms/token-bucket.ts).
-- State: missing, at, quota, windowMs.

local function refillTime(parts, quota)
  return parts == 0 and 0 or math.ceil(parts / quota)
end

local function refilled(state, now)
  if not state then return nil end
  local missing, at, quota = state[1], state[2], state[3]
  local elapsed = math.max(0, now - at)
  if elapsed < refillTime(missing, quota) then return { missing - elapsed * quota, now, quota, state[4] } end
  return nil
end

local function consume(limit, state, cost, now)
  local quota, windowMs = limit.quota, limit.windowMs
  local capacity = quota == 0 and 0 or limit.burst
  local bucket = refilled(state, now) or { 0, now, quota, windowMs }
  local missing, rate, parts = bucket[1], bucket[3], bucket[4]
  local tokens = math.ceil(missing / parts)
  local left = math.max(0, capacity - tokens)
  local resetAfterMs = refillTime(missing, rate)
  if cost == 0 then return true, left, 0, resetAfterMs, state end
  if cost > capacity then return false, left, NEVER, resetAfterMs, state end
  if cost > left then
    local retryAfterMs = refillTime(missing - (capacity - cost) * parts, rate)
    return false, left, retryAfterMs, resetAfterMs, state and now < state[2] and bucket or state
  end
  local spent = (parts == windowMs and missing or tokens * windowMs) + cost * windowMs
  return true, left - cost, 0, refillTime(spent, quota), { spent, now, quota, windowMs }
end

local function refund(state, cost, now)
  local bucket = refilled(state, now)
  if not bucket then return nil end
  local left = bucket[1] - cost * bucket[4]
  if left > 0 then return { left, now, bucket[3], bucket[4] } end
  return nil
end

return { load = loadIntegers, save = saveIntegers, consume = consume, refund = refund, undo = refund }
