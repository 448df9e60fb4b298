local call, pack, unpack = redis.call, struct.pack, struct.unpack

-- As `SET … PX` does, with less to read for Redis.
local function writeIntegers(key, packed, ttlMs) call('PSETEX', key, text(ttlMs), packed) end
