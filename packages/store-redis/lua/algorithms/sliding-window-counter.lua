-- Twin of slidingWindowCounter (@rl/core, algorithms/sliding-window-counter.ts).
-- State: opensAt, windowMs, current, previous.

local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min
local MAX_INTEGER = 9007199254740991

local function openWindows(now, state)
  if not state then return nil end
  local opensAt, windowMs, current, previous = unpack(state)
  if now < opensAt then
    return now, windowMs, 0, min(current + previous, floor(MAX_INTEGER / windowMs))
  end
  if now < opensAt + windowMs then return opensAt, windowMs, current, previous end
  if now < opensAt + 2 * windowMs and current > 0 then return opensAt + windowMs, windowMs, 0, current end
  return nil
end

local function fitsAt(target, opensAt, windowMs, current, previous)
  local endsAt = opensAt + windowMs
  local lasting = floor((target - current) * windowMs / previous)
  if lasting > 0 then return endsAt - lasting end
  if target >= current then return endsAt end
  return endsAt + windowMs - floor(target * windowMs / current)
end

local function resetAfter(now, opensAt, windowMs, current, previous)
  if current > 0 then return opensAt + 2 * windowMs - now end
  return previous > 0 and opensAt + windowMs - now or 0
end

local function consume(limit, cost, now, state)
  local quota, windowMs = limit.quota, limit.windowMs
  local opensAt, length, current, previous = openWindows(now, state)
  if not opensAt then opensAt, length, current, previous = now, windowMs, 0, 0 end
  local spent = current + ceil(previous * (opensAt + length - now) / length)
  local left = max(0, quota - spent)
  local resetAfterMs = resetAfter(now, opensAt, length, current, previous)
  if cost == 0 then return true, left, 0, resetAfterMs end
  if cost > quota then return false, left, nil, resetAfterMs end
  if cost > left then
    local retryAfterMs = fitsAt(quota - cost, opensAt, length, current, previous) - now
    return false, left, retryAfterMs, resetAfterMs, now < state[1] and { opensAt, length, current, previous }
  end
  current = current + cost
  if length ~= windowMs then opensAt, current, previous = now, cost, spent end
  resetAfterMs = resetAfter(now, opensAt, windowMs, current, previous)
  return true, left - cost, 0, resetAfterMs, { opensAt, windowMs, current, previous }
end

local function refund(charge, now, state)
  local opensAt, windowMs, current, previous = openWindows(now, state)
  if not opensAt then return nil end
  local at = charge.at or opensAt
  if at >= opensAt then
    current = max(0, current - charge.cost)
  elseif at >= opensAt - windowMs then
    previous = max(0, previous - charge.cost)
  end
  if current + previous > 0 then return { opensAt, windowMs, current, previous } end
  return nil
end

local function load(key) return loadIntegers(key, '<dddd') end

local function save(key, state, ttlMs) saveIntegers(key, state, ttlMs, '<dddd') end

return { load = load, save = save, fitsAt = fitsAt, consume = consume, refund = refund }
