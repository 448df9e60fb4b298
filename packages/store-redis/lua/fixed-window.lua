-- Twin of fixedWindow (@rl/core, algorithms/fixed-window.ts).
-- State: opensAt, windowMs, spent.

local function openWindow(state, now)
  if not state then return nil end
  if now < state[1] then return { now, state[2], state[3] } end
  if now < state[1] + state[2] then return state end
  return nil
end

local function consume(limit, state, cost, now)
  local quota, windowMs = limit.quota, limit.windowMs
  local window = openWindow(state, now)
  local spent = window and window[3] or 0
  local left = math.max(0, quota - spent)
  local resetAfterMs = window and window[1] + window[2] - now or 0
  if cost == 0 then return true, left, 0, resetAfterMs, state end
  if cost > quota then return false, left, NEVER, resetAfterMs, state end
  if cost > left then return false, left, resetAfterMs, resetAfterMs, window end
  local opensAt = window and now < window[1] + windowMs and window[1] or now
  return true, left - cost, 0, opensAt + windowMs - now, { opensAt, windowMs, spent + cost }
end

local function refund(state, cost, now)
  local window = openWindow(state, now)
  if window and window[3] > cost then return { window[1], window[2], window[3] - cost } end
  return nil
end

return { load = loadIntegers, save = saveIntegers, consume = consume, refund = refund, undo = refund }
