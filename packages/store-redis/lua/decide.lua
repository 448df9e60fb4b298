-- Twin of applyCharges and refundCharges (@rl/core, stores/apply-charges.ts), for several decisions one after the other.
-- KEYS     one for each charge, decision after decision
-- ARGV     the kinds of decision asked for, each: verb (consume, peek, refund, undo), now (ms; `-` for the server's own
--          TIME), the number of charges, and for each charge: algorithm, quota, windowMs, burst, cost, and to be refunded,
--          at and resetAfterMs of its receipt (`-`: none); last, a string with a byte for each decision that says of which
--          kind it is, counted from 1
-- returns  for each charge that is admitted: remaining, resetAfterMs; for one that is denied: -1 - remaining, retryAfterMs
--          (-1: never), resetAfterMs; after refund and undo, as a cost of 0 finds it then; for each charge of a decision
--          that failed: `failed`, what went wrong; last, the server's own TIME, if it was asked for
--
-- An algorithm hands the numbers of a state on as values: `load(key, layout)` answers them; `consume(charge, cost, now, …)`,
-- whether it admits, what is left, retryAfterMs (nil: never), resetAfterMs, what has changed (`all`, `counts`, or nothing) and the
-- state that comes of it, which `save(key, change, ttlMs, …)` writes. `refund` and `undo` answer the state alone, or none.

-- Keys expire by the server's clock. By a clock that is turned by hand they may matter for longer than when their expiry was set.
local HAND_TURNED_MS = 600000

-- Each function and each variable that one shares with another cost each call time to make, so there are few, and what most calls
-- do not need is made on demand.
local args, kinds, algorithms = ARGV, {}, {}
local last, arg = #args, 1
local serverTime
while arg < last do
  local verb, now, size = args[arg], tonumber(args[arg + 1]), args[arg + 2] + 0
  local extraMs = HAND_TURNED_MS
  if not now then
    if not serverTime then
      local time = redis.call('TIME')
      serverTime = time[1] * 1000 + math.floor(time[2] / 1000)
    end
    now, extraMs = serverTime, 0
  end
  -- Room for one charge, at least.
  local kind = { nil, verb = verb, size = size, now = now, extraMs = extraMs }
  arg = arg + 3
  for i = 1, size do
    local tag = args[arg]
    local algorithm = algorithms[tag] or makeAlgorithm(tag)
    algorithms[tag] = algorithm
    -- To add 0 makes a number of a text by half the instructions of `tonumber`.
    kind[i] = {
      algorithm = algorithm,
      quota = args[arg + 1] + 0,
      windowMs = args[arg + 2] + 0,
      burst = args[arg + 3] + 0,
      cost = args[arg + 4] + 0,
    }
    arg = arg + 5
    if verb == 'refund' then
      kind[i].at, kind[i].resetAfterMs = tonumber(args[arg]), tonumber(args[arg + 1])
      arg = arg + 2
    end
  end
  kinds[#kinds + 1] = kind
end

-- Spends from the i-th limit and those after it if all of them admit, and answers whether they do. What each has decided
-- stays on the stack meanwhile: with tables for it, three limits took a fifth longer.
local function spendFrom(i, kind, keys, first, replies, replied)
  local charge, key = kind[i], keys[first + i]
  for j = first + 1, first + i - 1 do
    if keys[j] == key then return false end
  end
  local algorithm = charge.algorithm
  local allowed, remaining, _, resetAfterMs, change, a, b, c, d, e =
    algorithm.consume(charge, charge.cost, kind.now, algorithm.load(key, algorithm.layout))
  if not allowed then return false end
  if i < kind.size and not spendFrom(i + 1, kind, keys, first, replies, replied) then return false end
  replies[replied + 2 * i - 1] = remaining
  replies[replied + 2 * i] = resetAfterMs
  if change then algorithm.save(key, change, resetAfterMs + kind.extraMs, a, b, c, d, e) end
  return true
end

local plan = { string.byte(args[last], 1, -1) }
local position, first, replied = 1, 0, 0

local function decideTheRest(keys, kinds, plan, replies)
  local number, kind, isOne, charge, cost, now, extraMs, layout, load, consume, save, carefully
  while plan[position] do
    if plan[position] ~= number then
      number = plan[position]
      kind = kinds[number]
      charge = kind[1]
      isOne = kind.size == 1 and kind.verb == 'consume'
      cost, now, extraMs = charge.cost, kind.now, kind.extraMs
      local algorithm = charge.algorithm
      layout, load, consume, save = algorithm.layout, algorithm.load, algorithm.consume, algorithm.save
    end
    if isOne then
      local key = keys[first + 1]
      local allowed, remaining, retryAfterMs, resetAfterMs, change, a, b, c, d, e =
        consume(charge, cost, now, load(key, layout))
      if change then save(key, change, resetAfterMs + extraMs, a, b, c, d, e) end
      if allowed then
        replies[replied + 1] = remaining
      else
        replies[replied + 1] = -1 - remaining
        replies[replied + 2] = retryAfterMs or -1
        replied = replied + 1
      end
      replies[replied + 2] = resetAfterMs
      replied = replied + 2
    elseif kind.verb == 'consume' and spendFrom(1, kind, keys, first, replies, replied) then
      replied = replied + 2 * kind.size
    else
      carefully = carefully or makeCarefully()
      replied = carefully(kind, first, replies, replied)
    end
    first = first + kind.size
    position = position + 1
  end
end

-- A failure ends a run, so that not every decision needs a `pcall` of its own. The next run begins behind it.
local replies = {}
while plan[position] do
  local isDone, failure = pcall(decideTheRest, KEYS, kinds, plan, replies)
  if not isDone then
    local size = kinds[plan[position]].size
    for _ = 1, size do
      replies[replied + 1] = 'failed'
      replies[replied + 2] = tostring(type(failure) == 'table' and failure.err or failure)
      replied = replied + 2
    end
    first = first + size
    position = position + 1
  end
end

-- What failed may have been answered at greater length: nothing is read beyond a nil.
replies[replied + 1], replies[replied + 2] = serverTime, nil
return replies
