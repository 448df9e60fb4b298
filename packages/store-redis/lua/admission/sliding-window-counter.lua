-- State: opensAt, windowMs, current, previous.

local ceil = math.ceil

local function admit(charge, now, extraMs, key)
  local packed, windowMs, cost = call('GET', key), charge.windowMs, charge.cost
  local opensAt, current, previous = now, 0, 0
  if packed then
    if #packed ~= 32 then return nil end
    local itsOpensAt, length, itsCurrent, itsPrevious = unpack('<dddd', packed)
    if length ~= windowMs or itsOpensAt > now then return nil end
    if now < itsOpensAt + windowMs then
      opensAt, current, previous = itsOpensAt, itsCurrent, itsPrevious
    elseif now < itsOpensAt + 2 * windowMs and itsCurrent > 0 then
      opensAt, previous = itsOpensAt + windowMs, itsCurrent
    end
  end
  local endsAt = opensAt + windowMs
  local left = charge.quota - current - ceil(previous * (endsAt - now) / windowMs) - cost
  if left < 0 then return nil end
  local resetAfterMs = endsAt + windowMs - now
  if current > 0 then return left, resetAfterMs, pack('<d', current + cost) end
  return left, resetAfterMs, pack('<dddd', opensAt, windowMs, cost, previous), resetAfterMs + extraMs
end

return { admit = admit, write = writeIntegers, offset = '16' }
