-- Twin of fixedWindow (@rl/core, algorithms/fixed-window.ts).
-- State: opensAt, windowMs, spent.

local max, min = math.max, math.min

-- A window that opens in the future opens now.
local function openWindow(now, state)
  if not state then return nil end
  local opensAt, windowMs, spent = unpack(state)
  if now >= opensAt + windowMs then return nil end
  return min(now, opensAt), windowMs, spent
end

local function consume(limit, cost, now, state)
  local quota, windowMs = limit.quota, limit.windowMs
  local opensAt, length, spent = openWindow(now, state)
  local left = max(0, quota - (spent or 0))
  local resetAfterMs = opensAt and opensAt + length - now or 0
  if cost == 0 then return true, left, 0, resetAfterMs end
  if cost > quota then return false, left, nil, resetAfterMs end
  if cost > left then
    return false, left, resetAfterMs, resetAfterMs, opensAt ~= state[1] and { opensAt, length, spent }
  end
  if not opensAt or now >= opensAt + windowMs then opensAt = now end
  return true, left - cost, 0, opensAt + windowMs - now, { opensAt, windowMs, (spent or 0) + cost }
end

local function refund(charge, now, state)
  local opensAt, windowMs, spent = openWindow(now, state)
  if opensAt and charge.at and charge.at < opensAt then return state end
  if opensAt and spent > charge.cost then return { opensAt, windowMs, spent - charge.cost } end
  return nil
end

local function load(key) return loadIntegers(key, '<ddd') end

local function save(key, state, ttlMs) saveIntegers(key, state, ttlMs, '<ddd') end

return { load = load, save = save, consume = consume, refund = refund }
