-- Redis takes three times as long to read a number as to read its text. The keys of one moment mostly live for equally long.
local lastNumber, lastText
local function text(number)
  if number ~= lastNumber then lastNumber, lastText = number, string.format('%.0f', number) end
  return lastText
end
