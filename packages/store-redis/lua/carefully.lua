-- Every decision there is: also denials, several charges of one key, and what gives back. It costs time to define, and
-- most calls need none of it.

local call, keys = redis.call, KEYS
local replies, replied

local function answer(isAllowed, left, retryMs, resetMs)
  if isAllowed then
    replies[replied + 1] = left
  else
    replies[replied + 1] = -1 - left
    replies[replied + 2] = retryMs or -1
    replied = replied + 1
  end
  replies[replied + 2] = resetMs
  replied = replied + 2
end

-- What the charges before the i-th spend from the same key: all are decided on the state before the first.
local function costOfEarlier(kind, first, i)
  local cost = 0
  for j = 1, i - 1 do
    if keys[first + j] == keys[first + i] then cost = cost + kind[j].cost end
  end
  return cost
end

local function isChangedLater(kind, first, i, change)
  for j = i + 1, kind.size do
    if change[j] and keys[first + j] == keys[first + i] then return true end
  end
  return false
end

local function spend(kind, first)
  -- Of each charge: the state before, what was decided, and the state to keep.
  local a, b, c, d, e, allowed, remaining, retryAfterMs = {}, {}, {}, {}, {}, {}, {}, {}
  local resetAfterMs, change, na, nb, nc, nd, ne = {}, {}, {}, {}, {}, {}, {}
  local now, isAllowed = kind.now, true
  for i = 1, kind.size do
    local charge = kind[i]
    local cost = charge.cost == 0 and 0 or charge.cost + costOfEarlier(kind, first, i)
    a[i], b[i], c[i], d[i], e[i] = charge.algorithm.load(keys[first + i], charge.algorithm.layout)
    allowed[i], remaining[i], retryAfterMs[i], resetAfterMs[i], change[i], na[i], nb[i], nc[i], nd[i], ne[i] =
      charge.algorithm.consume(charge, cost, now, a[i], b[i], c[i], d[i], e[i])
    isAllowed = isAllowed and allowed[i]
  end
  for i = 1, kind.size do
    local charge = kind[i]
    if allowed[i] and not isAllowed then
      allowed[i], remaining[i], retryAfterMs[i], resetAfterMs[i], change[i] =
        charge.algorithm.consume(charge, 0, now, a[i], b[i], c[i], d[i], e[i])
    end
    answer(allowed[i], remaining[i], retryAfterMs[i], resetAfterMs[i])
  end
  if kind.verb == 'peek' then return end
  for i = 1, kind.size do
    if change[i] and not isChangedLater(kind, first, i, change) then
      kind[i].algorithm.save(keys[first + i], change[i], resetAfterMs[i] + kind.extraMs, na[i], nb[i], nc[i], nd[i], ne[i])
    end
  end
end

local function giveBack(kind, first)
  local now = kind.now
  for i = 1, kind.size do
    local charge, key = kind[i], keys[first + i]
    local v, w, x, y, z = charge.algorithm.load(key, charge.algorithm.layout)
    if v and charge.cost > 0 then
      v, w, x, y, z = charge.algorithm[kind.verb](charge, now, v, w, x, y, z)
      if v then
        local _, _, _, ttlMs = charge.algorithm.consume(charge, 0, now, v, w, x, y, z)
        charge.algorithm.save(key, 'all', ttlMs + kind.extraMs, v, w, x, y, z)
      else
        call('DEL', key)
      end
    end
  end
  for i = 1, kind.size do
    answer(kind[i].algorithm.consume(kind[i], 0, now, kind[i].algorithm.load(keys[first + i], kind[i].algorithm.layout)))
  end
end

return function(kind, first, itsReplies, repliedBefore)
  replies, replied = itsReplies, repliedBefore
  local isSpending = kind.verb == 'consume' or kind.verb == 'peek'
  local decide = isSpending and spend or giveBack
  decide(kind, first)
  return replied
end
