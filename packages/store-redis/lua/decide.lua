-- Twin of applyCharges and refundCharges (@rl/core, stores/apply-charges.ts), for several decisions one after the other.
-- KEYS     one for each charge, decision after decision
-- ARGV     the kinds of decision asked for, each: verb (consume, peek, refund, undo), now (ms; `-` for the server's own
--          TIME), the number of charges, and for each charge: algorithm, quota, windowMs, burst, cost, and to be refunded,
--          at and resetAfterMs of its receipt (`-`: none); last, a string with a byte for each decision that says of which
--          kind it is, counted from 1
-- returns  for each charge that is admitted: remaining, resetAfterMs; for one that is denied: -1 - remaining, retryAfterMs
--          (-1: never), resetAfterMs; after refund and undo, as a cost of 0 finds it then; for each charge of a decision
--          that failed: `failed`, what went wrong; last, the server's own TIME, if it was asked for

-- Keys expire by the server's clock. By a clock that is turned by hand they may matter for longer.
local HAND_TURNED_MS = 600000

local serverTime
local function serverNow()
  if not serverTime then
    local time = call('TIME')
    serverTime = time[1] * 1000 + floor(time[2] / 1000)
  end
  return serverTime
end

local function readKinds()
  local kinds, arg = {}, 1
  while arg < #ARGV do
    local given = tonumber(ARGV[arg + 1])
    local kind = {
      verb = ARGV[arg],
      now = given or serverNow(),
      extraMs = given and HAND_TURNED_MS or 0,
      size = tonumber(ARGV[arg + 2]),
    }
    arg = arg + 3
    for i = 1, kind.size do
      kind[i] = {
        algorithm = algorithmOf(ARGV[arg]),
        quota = tonumber(ARGV[arg + 1]),
        windowMs = tonumber(ARGV[arg + 2]),
        burst = tonumber(ARGV[arg + 3]),
        cost = tonumber(ARGV[arg + 4]),
      }
      arg = arg + 5
      if kind.verb == 'refund' then
        kind[i].at, kind[i].resetAfterMs = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
        arg = arg + 2
      end
    end
    kinds[#kinds + 1] = kind
  end
  return kinds
end

local replies, replied = {}, 0
local function answer(isAllowed, left, retryMs, resetMs)
  if isAllowed then
    replies[replied + 1] = left
  else
    replies[replied + 1] = -1 - left
    replies[replied + 2] = retryMs
    replied = replied + 1
  end
  replies[replied + 2] = resetMs
  replied = replied + 2
end

local function fail(reason)
  replies[replied + 1] = 'failed'
  replies[replied + 2] = reason
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

-- A decision on one limit, as most are.
local function spendOne(kind, key)
  local charge = kind[1]
  local algorithm = charge.algorithm
  local allowed, remaining, retryAfterMs, resetAfterMs, isChanged, a, b, c, d =
    algorithm.consume(charge, charge.cost, kind.now, algorithm.load(key))
  if isChanged and kind.verb == 'consume' then algorithm.save(key, resetAfterMs + kind.extraMs, a, b, c, d) end
  answer(allowed, remaining, retryAfterMs, resetAfterMs)
end

-- Of the charges of a decision on several limits: the state before, what was decided, and the state to keep.
local a, b, c, d, allowed, remaining, retryAfterMs, resetAfterMs, isChanged, na, nb, nc, nd
local function makeRoom()
  a, b, c, d, allowed, remaining, retryAfterMs = {}, {}, {}, {}, {}, {}, {}
  resetAfterMs, isChanged, na, nb, nc, nd = {}, {}, {}, {}, {}, {}
end

local function isChangedLater(kind, first, i)
  for j = i + 1, kind.size do
    if isChanged[j] and keys[first + j] == keys[first + i] then return true end
  end
  return false
end

local function spend(kind, first)
  if kind.size == 1 then return spendOne(kind, keys[first + 1]) end
  if not a then makeRoom() end
  local now, isAllowed = kind.now, true
  for i = 1, kind.size do
    local charge = kind[i]
    local cost = charge.cost == 0 and 0 or charge.cost + costOfEarlier(kind, first, i)
    a[i], b[i], c[i], d[i] = charge.algorithm.load(keys[first + i])
    allowed[i], remaining[i], retryAfterMs[i], resetAfterMs[i], isChanged[i], na[i], nb[i], nc[i], nd[i] =
      charge.algorithm.consume(charge, cost, now, a[i], b[i], c[i], d[i])
    isAllowed = isAllowed and allowed[i]
  end
  for i = 1, kind.size do
    local charge = kind[i]
    if allowed[i] and not isAllowed then
      allowed[i], remaining[i], retryAfterMs[i], resetAfterMs[i], isChanged[i] =
        charge.algorithm.consume(charge, 0, now, a[i], b[i], c[i], d[i])
    end
    answer(allowed[i], remaining[i], retryAfterMs[i], resetAfterMs[i])
  end
  if kind.verb == 'peek' then return end
  for i = 1, kind.size do
    if isChanged[i] and not isChangedLater(kind, first, i) then
      kind[i].algorithm.save(keys[first + i], resetAfterMs[i] + kind.extraMs, na[i], nb[i], nc[i], nd[i])
    end
  end
end

local function giveBack(kind, first)
  local now = kind.now
  for i = 1, kind.size do
    local charge, key = kind[i], keys[first + i]
    local w, x, y, z = charge.algorithm.load(key)
    if w and charge.cost > 0 then
      w, x, y, z = charge.algorithm[kind.verb](charge, now, w, x, y, z)
      if w then
        local _, _, _, ttlMs = charge.algorithm.consume(charge, 0, now, w, x, y, z)
        charge.algorithm.save(key, ttlMs + kind.extraMs, w, x, y, z)
      else
        call('DEL', key)
      end
    end
  end
  for i = 1, kind.size do
    answer(kind[i].algorithm.consume(kind[i], 0, now, kind[i].algorithm.load(keys[first + i])))
  end
end

local kinds, plan, first = readKinds(), ARGV[#ARGV], 0
for position = 1, #plan do
  local kind = kinds[string.byte(plan, position)]
  local isSpending = kind.verb == 'consume' or kind.verb == 'peek'
  local repliedBefore = replied
  local isDone, failure = pcall(isSpending and spend or giveBack, kind, first)
  if not isDone then
    replied = repliedBefore
    for _ = 1, kind.size do fail(tostring(type(failure) == 'table' and failure.err or failure)) end
  end
  first = first + kind.size
end

replies[replied + 1] = serverTime
return replies
