-- Twin of slidingWindow (@rl/core, algorithms/sliding-window.ts).
-- State: a list of (windowMs, total), then (time, cost) for each charge, oldest first. An admission touches the ends of
-- it only, so that it takes no longer the larger the quota is. Here a log is either such a list, read as far as needed
-- (`key`, `windowMs`, `total`), or in memory (`entries`, `windowMs`, `total`).

local call, pack, unpack, max, min = redis.call, cmsgpack.pack, cmsgpack.unpack, math.max, math.min
local FIRST_READ = 4
local CHUNK = 16

local function load(key)
  local read = call('LRANGE', key, '0', tostring(FIRST_READ - 1))
  if not read[1] then return nil end
  local windowMs, total = unpack(read[1])
  return { key = key, windowMs = windowMs, total = total, read = read }
end

-- Time and cost of the i-th charge, if there is one.
local function entry(log, i)
  if log.entries then
    if log.entries[i] then return log.entries[i][1], log.entries[i][2] end
    return nil
  end
  local read = log.read
  local known = #read
  if i >= known and known >= FIRST_READ and not log.isWhole then
    local more = call('LRANGE', log.key, tostring(known), tostring(known + CHUNK - 1))
    for j = 1, #more do read[known + j] = more[j] end
    log.isWhole = #more < CHUNK
  end
  if read[i + 1] then return unpack(read[i + 1]) end
  return nil
end

local function last(log)
  if log.entries then
    local newest = log.entries[#log.entries]
    return newest[1], newest[2]
  end
  local isWhole = log.isWhole or #log.read < FIRST_READ
  return unpack(isWhole and log.read[#log.read] or call('LINDEX', log.key, '-1'))
end

-- The charges that are remembered for `windowMs`, in memory; those of the future are of now.
local function liveLog(log, windowMs, now)
  local live = { windowMs = windowMs, total = 0, entries = {} }
  local i = 1
  local time, cost = entry(log, i)
  while time do
    if time + windowMs > now then
      local newest = live.entries[#live.entries]
      if newest and newest[1] >= now then
        newest[2] = newest[2] + cost
      else
        table.insert(live.entries, { min(time, now), cost })
      end
      live.total = live.total + cost
    end
    i = i + 1
    time, cost = entry(log, i)
  end
  return live
end

local function consume(limit, cost, now, state)
  local quota, windowMs = limit.quota, limit.windowMs
  local log, newest, newestCost = state, nil, nil
  if log then newest, newestCost = last(log) end
  local isOfTheFuture = newest and newest > now
  if isOfTheFuture then
    log = liveLog(log, log.windowMs, now)
    newest, newestCost = last(log)
  end
  local first, spent = 1, 0
  if log then
    spent = log.total
    local time, gone = entry(log, first)
    while time and time + log.windowMs <= now do
      spent = spent - gone
      first = first + 1
      time, gone = entry(log, first)
    end
  end
  local left = max(0, quota - spent)
  local resetAfterMs = newest and max(0, newest + log.windowMs - now) or 0
  if cost == 0 then return true, left, 0, resetAfterMs end
  if cost > quota then return false, left, nil, resetAfterMs end
  if cost > left then
    local i, toFree = first, spent - (quota - cost)
    local time, freed = entry(log, i)
    while freed < toFree do
      toFree = toFree - freed
      i = i + 1
      time, freed = entry(log, i)
    end
    return false, left, time + log.windowMs - now, resetAfterMs, isOfTheFuture and log
  end
  if log and windowMs < log.windowMs then
    log = liveLog(log, windowMs, now)
    first, spent = 1, log.total
  end
  local charged = { windowMs = windowMs, total = spent + cost, now = now, cost = cost }
  if spent > 0 then charged.log, charged.first, charged.newest, charged.newestCost = log, first, newest, newestCost end
  return true, quota - charged.total, 0, windowMs, charged
end

local function write(key, log)
  local packed = { pack(log.windowMs, log.total) }
  for i, charge in ipairs(log.entries) do packed[i + 1] = pack(charge[1], charge[2]) end
  call('DEL', key)
  for _, element in ipairs(packed) do call('RPUSH', key, element) end
end

local function append(key, charged)
  local head = pack(charged.windowMs, charged.total)
  if charged.first > 1 then
    call('LTRIM', key, tostring(charged.first), '-1')
    call('LPUSH', key, head)
  else
    call('LSET', key, '0', head)
  end
  if charged.newest == charged.now then
    call('LSET', key, '-1', pack(charged.now, charged.newestCost + charged.cost))
  else
    call('RPUSH', key, pack(charged.now, charged.cost))
  end
end

local function save(key, log, ttlMs)
  if log.entries then
    write(key, log)
  elseif log.log then
    if log.log.entries then write(key, log.log) end
    append(key, log)
  else
    write(key, { windowMs = log.windowMs, total = log.total, entries = { { log.now, log.cost } } })
  end
  call('PEXPIRE', key, expiryText(ttlMs))
end

-- Takes back the oldest charges.
local function withoutOldest(cost, now, log)
  local live = liveLog(log, log.windowMs, now)
  local entries = live.entries
  while cost > 0 and #entries > 0 do
    local taken = min(cost, entries[1][2])
    cost = cost - taken
    live.total = live.total - taken
    entries[1][2] = entries[1][2] - taken
    if entries[1][2] == 0 then table.remove(entries, 1) end
  end
  if #entries > 0 then return live end
  return nil
end

-- Takes back what was charged at one time.
local function withoutCharge(charge, now, log)
  local live = liveLog(log, log.windowMs, now)
  for i, entry in ipairs(live.entries) do
    if entry[1] == charge.at then
      local taken = min(charge.cost, entry[2])
      entry[2] = entry[2] - taken
      live.total = live.total - taken
      if entry[2] == 0 then table.remove(live.entries, i) end
      break
    end
  end
  if #live.entries > 0 then return live end
  return nil
end

local function refund(charge, now, log)
  if charge.at then return withoutCharge(charge, now, log) end
  return withoutOldest(charge.cost, now, log)
end

return { load = load, save = save, consume = consume, refund = refund }
