-- State: opensAt, windowMs, spent.

local function admit(charge, now, extraMs, key)
  local packed, quota, windowMs, spent = call('GET', key), charge.quota, charge.windowMs, charge.cost
  if packed then
    if #packed ~= 24 then return nil end
    local opensAt, length, before = unpack('<ddd', packed)
    if length ~= windowMs or opensAt > now then return nil end
    local resetAfterMs = opensAt + windowMs - now
    if resetAfterMs > 0 then
      spent = before + spent
      if spent > quota then return nil end
      return quota - spent, resetAfterMs, pack('<d', spent)
    end
  end
  if spent > quota then return nil end
  return quota - spent, windowMs, pack('<ddd', now, windowMs, spent), windowMs + extraMs
end

return { admit = admit, write = writeIntegers, offset = '16' }
