-- Twin of slidingWindow (@rl/core, algorithms/sliding-window.ts).
-- State: a list of `windowMs:total`, then `time:cost` for each charge, oldest first. An admission touches the ends of it
-- only, so that it takes no longer the larger the quota is. Here a log is either such a list, read as far as needed
-- (`key`, `windowMs`, `total`), or in memory (`entries`, `windowMs`, `total`).

local CHUNK = 16

local function pair(text)
  local first, second = string.match(text, '^(%-?%d+):(%d+)$')
  return tonumber(first), tonumber(second)
end

local function text(first, second)
  return integer(first) .. ':' .. integer(second)
end

local function load(key)
  local head = redis.call('LINDEX', key, 0)
  if not head then return nil end
  local windowMs, total = pair(head)
  return { key = key, windowMs = windowMs, total = total }
end

-- Time and cost of the i-th charge, if there is one.
local function entry(log, i)
  if log.entries then
    if log.entries[i] then return log.entries[i][1], log.entries[i][2] end
    return nil
  end
  local chunk = math.floor((i - 1) / CHUNK)
  if not log[chunk] then log[chunk] = redis.call('LRANGE', log.key, 1 + chunk * CHUNK, (chunk + 1) * CHUNK) end
  if log[chunk][i - chunk * CHUNK] then return pair(log[chunk][i - chunk * CHUNK]) end
  return nil
end

local function last(log)
  if not log.entries then return pair(redis.call('LINDEX', log.key, -1)) end
  local newest = log.entries[#log.entries]
  return newest[1], newest[2]
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
        table.insert(live.entries, { math.min(time, now), cost })
      end
      live.total = live.total + cost
    end
    i = i + 1
    time, cost = entry(log, i)
  end
  return live
end

local function consume(limit, state, cost, now)
  local quota, windowMs = limit.quota, limit.windowMs
  local log = state
  local newest = log and last(log)
  if newest and newest > now then
    log = liveLog(log, log.windowMs, now)
    newest = now
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
  local left = math.max(0, quota - spent)
  local resetAfterMs = newest and math.max(0, newest + log.windowMs - now) or 0
  if cost == 0 then return true, left, 0, resetAfterMs, state end
  if cost > quota then return false, left, NEVER, resetAfterMs, state end
  if cost > left then
    local i, toFree = first, spent - (quota - cost)
    local time, freed = entry(log, i)
    while freed < toFree do
      toFree = toFree - freed
      i = i + 1
      time, freed = entry(log, i)
    end
    return false, left, time + log.windowMs - now, resetAfterMs, log
  end
  if log and windowMs < log.windowMs then
    log = liveLog(log, windowMs, now)
    first, spent = 1, log.total
  end
  local charged = { log = spent > 0 and log, first = first, windowMs = windowMs, total = spent + cost, now = now, cost = cost }
  return true, quota - charged.total, 0, windowMs, charged
end

local function write(key, log)
  redis.call('DEL', key)
  redis.call('RPUSH', key, text(log.windowMs, log.total))
  for _, charge in ipairs(log.entries) do redis.call('RPUSH', key, text(charge[1], charge[2])) end
end

local function append(key, charged)
  local head = text(charged.windowMs, charged.total)
  if charged.first > 1 then
    redis.call('LTRIM', key, charged.first, -1)
    redis.call('LPUSH', key, head)
  else
    redis.call('LSET', key, 0, head)
  end
  local time, cost = pair(redis.call('LINDEX', key, -1))
  if time == charged.now then
    redis.call('LSET', key, -1, text(time, cost + charged.cost))
  else
    redis.call('RPUSH', key, text(charged.now, charged.cost))
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
  redis.call('PEXPIRE', key, ttlMs)
end

-- Takes back charges from one end of the log.
local function takeBack(log, cost, now, isNewestFirst)
  local live = liveLog(log, log.windowMs, now)
  local entries = live.entries
  while cost > 0 and #entries > 0 do
    local i = isNewestFirst and #entries or 1
    local taken = math.min(cost, entries[i][2])
    cost = cost - taken
    live.total = live.total - taken
    entries[i][2] = entries[i][2] - taken
    if entries[i][2] == 0 then table.remove(entries, i) end
  end
  if #entries > 0 then return live end
  return nil
end

local function refund(log, cost, now) return takeBack(log, cost, now, false) end

local function undo(log, cost, now) return takeBack(log, cost, now, true) end

return { load = load, save = save, consume = consume, refund = refund, undo = undo }
