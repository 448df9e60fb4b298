-- Twin of applyCharges and refundCharges (@rl/core, stores/apply-charges.ts), for several decisions one after the other.
-- KEYS     one for each charge, decision after decision
-- ARGV     the kinds of decision asked for, each: verb (consume, peek, refund), now (ms; `-` for the server's own
--          TIME), the number of charges, and for each charge: algorithm, quota, windowMs, burst, cost, and to be refunded,
--          at and resetAfterMs of its receipt (`-`: none); last, a string with a byte for each decision that says of which
--          kind it is, counted from 1
-- returns  for each charge that is admitted: remaining, resetAfterMs; for one that is denied: -1 - remaining, retryAfterMs
--          (-1: never), resetAfterMs; after a refund, as a cost of 0 finds it then; for each charge of a decision
--          that failed: `failed`, what went wrong; last, the server's own TIME, if it was asked for
--
-- Most decisions spend from a state that the same limit has left. To those, `decide` of lua/plain has the answer at one look: what
-- is left (-1 - that where it denies), resetAfterMs, what to write and for how long the key is to live from now on, and
-- retryAfterMs if it denies. Without a time to live, the key keeps the one that it has, and it is written from `offset` on. Where
-- `decide` answers nothing, nothing has been written, and `carefully` decides: that takes twice as long and more.

-- Keys expire by the server's clock. By a clock that is turned by hand they may matter for longer than when their expiry was set.
local HAND_TURNED_MS = 600000

-- Each function and each variable that one shares with another cost each call time to make, so there are few, and what most calls
-- do not need is made on demand.
local args, kinds, plains = ARGV, {}, {}
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
  local kind = { nil, verb = verb, size = size, now = now, extraMs = extraMs, isPlain = verb == 'consume' }
  arg = arg + 3
  for i = 1, size do
    local tag = args[arg]
    -- To add 0 makes a number of a text by half the instructions of `tonumber`.
    local charge = {
      tag = tag,
      quota = args[arg + 1] + 0,
      windowMs = args[arg + 2] + 0,
      burst = args[arg + 3] + 0,
      cost = args[arg + 4] + 0,
    }
    arg = arg + 5
    if verb == 'refund' then
      charge.at, charge.resetAfterMs = tonumber(args[arg]), tonumber(args[arg + 1])
      arg = arg + 2
    end
    -- A charge of nothing leaves no state behind.
    kind.isPlain = kind.isPlain and charge.cost > 0
    if kind.isPlain then
      local plain = plains[tag] or makePlain(tag)
      plains[tag] = plain
      charge.decide, charge.write, charge.offset = plain.decide, plain.write, plain.offset
    end
    kind[i] = charge
  end
  kinds[#kinds + 1] = kind
end

local call, changes, ttls = redis.call, {}, {}

-- Spends from several limits if it is plain that all of them admit, and answers whether it is.
local function spendFromAll(kind, keys, first, replies, replied)
  local size, now, extraMs = kind.size, kind.now, kind.extraMs
  for i = 1, size do
    local charge, key = kind[i], keys[first + i]
    for j = first + 1, first + i - 1 do
      if keys[j] == key then return false end
    end
    local left, resetAfterMs, change, ttlMs = charge.decide(charge, now, extraMs, key)
    if not left or left < 0 then return false end
    replies[replied + 1], replies[replied + 2], changes[i], ttls[i] = left, resetAfterMs, change, ttlMs
    replied = replied + 2
  end
  for i = 1, size do
    local charge, key, change, ttlMs = kind[i], keys[first + i], changes[i], ttls[i]
    if ttlMs then charge.write(key, change, ttlMs) else call('SETRANGE', key, charge.offset, change) end
  end
  return true
end

local plan = { string.byte(args[last], 1, -1) }
local position, first, replied = 1, 0, 0

local function decideTheRest(keys, kinds, plan, replies)
  local number, kind, size, charge, now, extraMs, isOne, carefully
  while plan[position] do
    if plan[position] ~= number then
      number = plan[position]
      kind = kinds[number]
      size, charge, now, extraMs = kind.size, kind[1], kind.now, kind.extraMs
      isOne = kind.isPlain and size == 1
    end
    local key, left, resetAfterMs, change, ttlMs, retryAfterMs = keys[first + 1]
    if isOne then
      left, resetAfterMs, change, ttlMs, retryAfterMs = charge.decide(charge, now, extraMs, key)
    end
    if left then
      if ttlMs then
        charge.write(key, change, ttlMs)
      elseif change then
        call('SETRANGE', key, charge.offset, change)
      end
      replies[replied + 1] = left
      if retryAfterMs then
        replies[replied + 2] = retryAfterMs
        replied = replied + 1
      end
      replies[replied + 2] = resetAfterMs
      replied = replied + 2
    elseif kind.isPlain and not isOne and spendFromAll(kind, keys, first, replies, replied) then
      replied = replied + 2 * size
    else
      carefully = carefully or makeCarefully()
      replied = carefully(kind, first, replies, replied)
    end
    first = first + size
    position = position + 1
  end
end

-- A failure ends a run, so that not every decision needs a `pcall` of its own. The next run begins behind it. On a replica nothing can
-- be written, and nothing has been: that is an error of the whole call, by which clients know to look for the master.
local replies = {}
while plan[position] do
  local isDone, failure = pcall(decideTheRest, KEYS, kinds, plan, replies)
  if not isDone then
    local reason = tostring(type(failure) == 'table' and failure.err or failure)
    if string.find(reason, '^READONLY') then return { err = reason } end
    local size = kinds[plan[position]].size
    for _ = 1, size do
      replies[replied + 1] = 'failed'
      replies[replied + 2] = reason
      replied = replied + 2
    end
    first = first + size
    position = position + 1
  end
end

-- What failed may have been answered at greater length: nothing is read beyond a nil.
replies[replied + 1], replies[replied + 2] = serverTime, nil
return replies
