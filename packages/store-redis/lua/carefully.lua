-- Every decision there is: also those of several limits of which one denies, several charges of one key, and what gives back. It
-- costs time to define, and most calls need none of it.
--
-- Of each algorithm: `load(key)` answers a state, or nil; `consume(charge, cost, now, state)`, whether it admits, what is left,
-- retryAfterMs (nil: never), resetAfterMs, and the state to keep, if it is another; `save(key, state, ttlMs)` writes one; `refund`
-- answers the state that is left, or nil.

local call, keys, algorithms = redis.call, KEYS, {}
local replies, replied

local function algorithmOf(charge)
  local tag = charge.tag
  local algorithm = algorithms[tag] or makeAlgorithm(tag)
  algorithms[tag] = algorithm
  return algorithm
end

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

local function isChangedLater(kind, first, i, after)
  for j = i + 1, kind.size do
    if after[j] and keys[first + j] == keys[first + i] then return true end
  end
  return false
end

-- Of each charge of the decision that is under way.
local before, allowed, remaining, retryAfterMs, resetAfterMs, after = {}, {}, {}, {}, {}, {}

local function spend(kind, first)
  local now, isAllowed = kind.now, true
  for i = 1, kind.size do
    local charge, algorithm = kind[i], algorithmOf(kind[i])
    local cost = charge.cost == 0 and 0 or charge.cost + costOfEarlier(kind, first, i)
    before[i] = algorithm.load(keys[first + i])
    allowed[i], remaining[i], retryAfterMs[i], resetAfterMs[i], after[i] = algorithm.consume(charge, cost, now, before[i])
    isAllowed = isAllowed and allowed[i]
  end
  for i = 1, kind.size do
    if allowed[i] and not isAllowed then
      allowed[i], remaining[i], retryAfterMs[i], resetAfterMs[i], after[i] =
        algorithmOf(kind[i]).consume(kind[i], 0, now, before[i])
    end
    answer(allowed[i], remaining[i], retryAfterMs[i], resetAfterMs[i])
  end
  if kind.verb == 'peek' then return end
  for i = 1, kind.size do
    if after[i] and not isChangedLater(kind, first, i, after) then
      algorithmOf(kind[i]).save(keys[first + i], after[i], resetAfterMs[i] + kind.extraMs)
    end
  end
end

local function giveBack(kind, first)
  local now = kind.now
  for i = 1, kind.size do
    local charge, algorithm, key = kind[i], algorithmOf(kind[i]), keys[first + i]
    local state = algorithm.load(key)
    if state and charge.cost > 0 then
      state = algorithm.refund(charge, now, state)
      if state then
        local _, _, _, ttlMs = algorithm.consume(charge, 0, now, state)
        algorithm.save(key, state, ttlMs + kind.extraMs)
      else
        call('DEL', key)
      end
    end
  end
  for i = 1, kind.size do
    local algorithm = algorithmOf(kind[i])
    answer(algorithm.consume(kind[i], 0, now, algorithm.load(keys[first + i])))
  end
end

return function(kind, first, itsReplies, repliedBefore)
  replies, replied = itsReplies, repliedBefore
  local decide = kind.verb == 'refund' and giveBack or spend
  decide(kind, first)
  return replied
end
