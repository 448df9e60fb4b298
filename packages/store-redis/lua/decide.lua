-- Twin of applyCharges and refundCharges (@rl/core, stores/apply-charges.ts), for several decisions after each other.
-- KEYS     one for each charge, decision after decision
-- ARGV     for each decision: verb (consume, peek, refund, undo), now (ms; empty for the server's own TIME), the number of
--          its charges, and for each of those: algorithm, quota, windowMs, burst, cost
-- returns  for each charge: allowed (1 or 0), remaining, retryAfterMs (-1: never), resetAfterMs; after refund and undo,
--          as a cost of 0 finds it then

local replies = {}

local serverTime
local function serverNow()
  if not serverTime then
    local time = redis.call('TIME')
    serverTime = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return serverTime
end

local function answer(allowed, remaining, retryAfterMs, resetAfterMs)
  local n = #replies
  replies[n + 1] = allowed and 1 or 0
  replies[n + 2] = remaining
  replies[n + 3] = retryAfterMs
  replies[n + 4] = resetAfterMs
end

-- What the charges before this one spend from the same key: all are decided on the state before the first.
local function withEarlier(charges, i)
  local cost = charges[i].cost
  for j = 1, i - 1 do
    if charges[j].key == charges[i].key then cost = cost + charges[j].cost end
  end
  return cost
end

-- Keys expire by the server's clock. By a clock that is turned by hand they may matter for longer.
local HAND_TURNED_MS = 600000

local function keep(charge, state, ttlMs)
  if not state then return redis.call('DEL', charge.key) end
  charge.algorithm.save(charge.key, state, serverTime and ttlMs or ttlMs + HAND_TURNED_MS)
end

local function spend(charges, now, isPeek)
  local isAllowed = true
  for i, charge in ipairs(charges) do
    local cost = charge.cost == 0 and 0 or withEarlier(charges, i)
    charge.state = charge.algorithm.load(charge.key)
    charge.allowed, charge.remaining, charge.retryAfterMs, charge.resetAfterMs, charge.next =
      charge.algorithm.consume(charge, charge.state, cost, now)
    isAllowed = isAllowed and charge.allowed
  end
  local writes = {}
  for _, charge in ipairs(charges) do
    if charge.allowed and not isAllowed then
      charge.allowed, charge.remaining, charge.retryAfterMs, charge.resetAfterMs, charge.next =
        charge.algorithm.consume(charge, charge.state, 0, now)
    end
    answer(charge.allowed, charge.remaining, charge.retryAfterMs, charge.resetAfterMs)
    if charge.next ~= charge.state then writes[charge.key] = charge end
  end
  if isPeek then return end
  for _, charge in pairs(writes) do keep(charge, charge.next, charge.resetAfterMs) end
end

local function giveBack(charges, now, verb)
  for _, charge in ipairs(charges) do
    local state = charge.algorithm.load(charge.key)
    if state and charge.cost > 0 then
      local rest = charge.algorithm[verb](state, charge.cost, now)
      local _, _, _, resetAfterMs = charge.algorithm.consume(charge, rest, 0, now)
      keep(charge, rest, resetAfterMs)
    end
  end
  for _, charge in ipairs(charges) do
    answer(charge.algorithm.consume(charge, charge.algorithm.load(charge.key), 0, now))
  end
end

local arg, key = 1, 1
while ARGV[arg] do
  local verb, now = ARGV[arg], tonumber(ARGV[arg + 1]) or serverNow()
  local charges = {}
  for i = 1, tonumber(ARGV[arg + 2]) do
    local first = arg + 5 * i - 2
    charges[i] = {
      key = KEYS[key],
      algorithm = algorithmOf(ARGV[first]),
      quota = tonumber(ARGV[first + 1]),
      windowMs = tonumber(ARGV[first + 2]),
      burst = tonumber(ARGV[first + 3]),
      cost = tonumber(ARGV[first + 4]),
    }
    key = key + 1
  end
  arg = arg + 3 + 5 * #charges
  if verb == 'refund' or verb == 'undo' then giveBack(charges, now, verb) else spend(charges, now, verb == 'peek') end
end

return replies
