/*
 * What is done with a key is done in one step on the server: a key that expires in between is not made anew, without
 * its expiry, by what was meant to change it. Each script answers how many keys it changed, or would change: ARGV[1] is
 * `look` or `do`.
 */

/**
 * KEYS: any; a key that is no hash goes whole, and so does one in which there is nothing of what is kept.
 * ARGV: look or do, number of kept fields, these, number of fields to empty (-1: all but the kept ones), these, then
 * pairs of a field and its pseudonym. Answers [changed, of which have a pseudonym, that keep something].
 */
export const eraseScript = `
local doing = ARGV[1] == 'do'
local at = 2
local function list()
  local all, set, n = {}, {}, tonumber(ARGV[at])
  for i = at + 1, at + math.max(n, 0) do all[#all + 1] = ARGV[i]; set[ARGV[i]] = true end
  at = at + 1 + math.max(n, 0)
  return all, set, n
end
local kept, isKept = list()
local emptied, _, count = list()
local pairsAt = at
local changed, replaced, keeping = 0, 0, 0
for _, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'hash' then
    local keeps = false
    for _, field in ipairs(kept) do keeps = keeps or redis.call('HEXISTS', key, field) == 1 end
    if keeps then keeping = keeping + 1 end
    if count == -1 and not keeps then
      changed = changed + 1
      if doing then redis.call('UNLINK', key) end
    else
      local gone = emptied
      if count == -1 then
        gone = {}
        for _, field in ipairs(redis.call('HKEYS', key)) do
          if not isKept[field] then gone[#gone + 1] = field end
        end
      end
      local left = false
      for _, field in ipairs(gone) do
        if redis.call('HEXISTS', key, field) == 1 then
          left = true
          if doing then redis.call('HDEL', key, field) end
        end
      end
      local other = false
      for i = pairsAt, #ARGV, 2 do
        local value = redis.call('HGET', key, ARGV[i])
        if value and value ~= ARGV[i + 1] then
          other = true
          if doing then redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
        end
      end
      if left or other then changed = changed + 1 end
      if other then replaced = replaced + 1 end
    end
  elseif kind ~= 'none' then
    changed = changed + 1
    if doing then redis.call('UNLINK', key) end
  end
end
return {changed, replaced, keeping}
`;

/**
 * KEYS: any; only hashes are changed, and only fields that they have. ARGV: look or do, then triples of a field, its
 * value and whether it is to be there (1 or 0). Answers [changed].
 */
export const correctScript = `
local doing = ARGV[1] == 'do'
local changed = 0
for _, key in ipairs(KEYS) do
  if redis.call('TYPE', key).ok == 'hash' then
    local wrong = false
    for i = 2, #ARGV, 3 do
      local value = redis.call('HGET', key, ARGV[i])
      if value and (ARGV[i + 2] == '0' or value ~= ARGV[i + 1]) then
        wrong = true
        if doing and ARGV[i + 2] == '0' then redis.call('HDEL', key, ARGV[i]) end
        if doing and ARGV[i + 2] == '1' then redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
      end
    end
    if wrong then changed = changed + 1 end
  end
end
return {changed}
`;
