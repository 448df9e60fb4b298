-- Twin of fixedWindow (@rl/core, algorithms/fixed-window.ts).
-- State: opensAt, windowMs, spent.

local function openWindow(now, opensAt, windowMs, spent)
  if not opensAt then return nil end
  if now < opensAt then return now, windowMs, spent end
  if now < opensAt + windowMs then return opensAt, windowMs, spent end
  return nil
end

local function consume(limit, cost, now, before, itsLength, itsSpent)
  local quota, windowMs = limit.quota, limit.windowMs
  local opensAt, length, spent = openWindow(now, before, itsLength, itsSpent)
  spent = spent or 0
  local left = max(0, quota - spent)
  local resetAfterMs = opensAt and opensAt + length - now or 0
  if cost == 0 then return true, left, 0, resetAfterMs, false end
  if cost > quota then return false, left, NEVER, resetAfterMs, false end
  if cost > left then return false, left, resetAfterMs, resetAfterMs, opensAt ~= before, opensAt, length, spent end
  if not opensAt or now >= opensAt + windowMs then opensAt = now end
  local change = opensAt ~= before or windowMs ~= length or AS_LONG
  return true, left - cost, 0, opensAt + windowMs - now, change, opensAt, windowMs, spent + cost
end

local function refund(charge, now, before, itsLength, itsSpent)
  local opensAt, windowMs, spent = openWindow(now, before, itsLength, itsSpent)
  if opensAt and charge.at and charge.at < opensAt then return before, itsLength, itsSpent end
  if opensAt and spent > charge.cost then return opensAt, windowMs, spent - charge.cost end
  return nil
end

return { load = loadIntegers, save = saveIntegers, consume = consume, refund = refund, undo = refund }
