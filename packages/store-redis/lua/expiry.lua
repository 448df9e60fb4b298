-- Redis takes three times as long to read a number as to read its text. The keys of one moment mostly live for equally long.
local lastMs, lastText
local function expiryText(ttlMs)
  if ttlMs ~= lastMs then lastMs, lastText = ttlMs, string.format('%.0f', ttlMs) end
  return lastText
end

-- As `SET … PX` does, with less to read for Redis.
local function setWithExpiry(key, value, ttlMs) redis.call('PSETEX', key, expiryText(ttlMs), value) end
