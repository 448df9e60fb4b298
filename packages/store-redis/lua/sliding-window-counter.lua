-- Twin of slidingWindowCounter (@rl/core, algorithms/sliding-window-counter.ts).
-- State: opensAt, windowMs, current, previous.

local function openWindows(state, now)
  if not state then return nil end
  local opensAt, windowMs, current, previous = state[1], state[2], state[3], state[4]
  if now < opensAt then
    return { now, windowMs, 0, math.min(current + previous, math.floor(MAX_INTEGER / windowMs)) }
  end
  if now < opensAt + windowMs then return state end
  if now < opensAt + 2 * windowMs and current > 0 then return { opensAt + windowMs, windowMs, 0, current } end
  return nil
end

local function estimate(windows, now)
  return windows[3] + math.ceil(windows[4] * (windows[1] + windows[2] - now) / windows[2])
end

local function fitsAt(windows, target)
  local windowMs, current, previous = windows[2], windows[3], windows[4]
  local endsAt = windows[1] + windowMs
  local lasting = target > current and math.floor((target - current) * windowMs / previous) or 0
  if lasting > 0 then return endsAt - lasting end
  if target >= current then return endsAt end
  return endsAt + windowMs - math.floor(target * windowMs / current)
end

local function resetAfter(windows, now)
  if windows[3] > 0 then return windows[1] + 2 * windows[2] - now end
  return windows[4] > 0 and windows[1] + windows[2] - now or 0
end

local function consume(limit, state, cost, now)
  local quota, windowMs = limit.quota, limit.windowMs
  local windows = openWindows(state, now) or { now, windowMs, 0, 0 }
  local spent = estimate(windows, now)
  local left = math.max(0, quota - spent)
  if cost == 0 then return true, left, 0, resetAfter(windows, now), state end
  if cost > quota then return false, left, NEVER, resetAfter(windows, now), state end
  if cost > left then
    local kept = state and now < state[1] and windows or state
    return false, left, fitsAt(windows, quota - cost) - now, resetAfter(windows, now), kept
  end
  local charged = { windows[1], windowMs, windows[3] + cost, windows[4] }
  if windows[2] ~= windowMs then charged = { now, windowMs, cost, spent } end
  return true, left - cost, 0, resetAfter(charged, now), charged
end

local function refund(state, cost, now)
  local windows = openWindows(state, now)
  if not windows then return nil end
  local left = math.max(0, windows[3] - cost)
  if left + windows[4] > 0 then return { windows[1], windows[2], left, windows[4] } end
  return nil
end

return { load = loadIntegers, save = saveIntegers, consume = consume, refund = refund, undo = refund }
