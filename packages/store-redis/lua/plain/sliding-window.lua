-- The plain decisions of slidingWindow (@rl/core, algorithms/sliding-window.ts): all that have no log of the future to mend.

local slidingWindow = makeAlgorithm('sw')

local function decide(charge, now, extraMs, key)
  local allowed, left, retryAfterMs, resetAfterMs, log = slidingWindow.consume(charge, charge.cost, now, slidingWindow.load(key))
  if allowed then return left, resetAfterMs, log, resetAfterMs + extraMs end
  if log then return nil end
  return -1 - left, resetAfterMs, nil, nil, retryAfterMs or -1
end

return { decide = decide, write = slidingWindow.save }
