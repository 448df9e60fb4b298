-- What a log comes to is known only once it has been read.

local slidingWindow = makeAlgorithm('sw')

local function admit(charge, now, extraMs, key)
  local allowed, remaining, _, resetAfterMs, log = slidingWindow.consume(charge, charge.cost, now, slidingWindow.load(key))
  if not allowed then return nil end
  return remaining, resetAfterMs, log, resetAfterMs + extraMs
end

return { admit = admit, write = slidingWindow.save }
