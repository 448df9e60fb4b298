-- What the algorithms share: states of a few whole numbers, kept as one string.

local NEVER = -1
local MAX_INTEGER = 9007199254740991

local function integer(number)
  return string.format('%.0f', number)
end

local function loadIntegers(key)
  local text = redis.call('GET', key)
  if not text then return nil end
  local state = {}
  for number in string.gmatch(text, '%-?%d+') do state[#state + 1] = tonumber(number) end
  return state
end

local function saveIntegers(key, state, ttlMs)
  local text = integer(state[1])
  for i = 2, #state do text = text .. ' ' .. integer(state[i]) end
  redis.call('SET', key, text, 'PX', ttlMs)
end
