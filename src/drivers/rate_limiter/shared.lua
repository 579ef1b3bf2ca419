-- Takes one call from each bucket in its turn and stops at the first that is empty (GCRA: a bucket is the instant at
-- which it is full again). KEYS: the buckets. ARGV, for each: microseconds that a call costs, calls that it holds.
-- Answers for each microseconds: positive, until it is full; negative, how long to wait.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local told = {}
for i = 1, #KEYS do
  local cost, calls = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local full = tonumber(redis.call('GET', KEYS[i]) or now)
  -- At worst empty, wherever the server's clock was set to.
  full = math.min(math.max(full, now), now + cost * calls)
  local left = full + cost - now
  if left > cost * calls then
    told[i] = cost * calls - left
    break
  end
  redis.call('SET', KEYS[i], string.format('%.0f', now + left), 'PX', math.ceil(left / 1000))
  told[i] = left
end
return told
