-- Twin of fixedWindow (@rl/core, algorithms/fixed-window.ts).
-- State: opensAt, windowMs, spent.

-- A window that opens in the future opens now.
local function openWindow(now, opensAt, windowMs, spent)
  if not opensAt or now >= opensAt + windowMs then return nil end
  return now < opensAt and now or opensAt, windowMs, spent
end

local function consume(limit, cost, now, before, itsLength, itsSpent)
  local quota, windowMs = limit.quota, limit.windowMs
  local opensAt, length, spent = openWindow(now, before, itsLength, itsSpent)
  local left, resetAfterMs = quota, 0
  if opensAt then
    left = spent < quota and quota - spent or 0
    resetAfterMs = opensAt + length - now
  end
  if cost == 0 then return true, left, 0, resetAfterMs end
  if cost > quota then return false, left, nil, resetAfterMs end
  if cost > left then
    return false, left, resetAfterMs, resetAfterMs, opensAt ~= before and 'all', opensAt, length, spent
  end
  if not opensAt or now >= opensAt + windowMs then opensAt = now end
  local change = opensAt == before and windowMs == length and 'counts' or 'all'
  return true, left - cost, 0, opensAt + windowMs - now, change, opensAt, windowMs, (spent or 0) + cost
end

local function refund(charge, now, before, itsLength, itsSpent)
  local opensAt, windowMs, spent = openWindow(now, before, itsLength, itsSpent)
  if opensAt and charge.at and charge.at < opensAt then return before, itsLength, itsSpent end
  if opensAt and spent > charge.cost then return opensAt, windowMs, spent - charge.cost end
  return nil
end

return { layout = '<ddd', load = loadIntegers, save = saveWindows, consume = consume, refund = refund, undo = refund }
