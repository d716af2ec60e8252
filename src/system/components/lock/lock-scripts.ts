/**
 * The Lua texts of the lock. A text *is* the contract: a real Redis runs it, the simulated one has an effect registered for exactly
 * this text and refuses any other, and one contract suite holds the two together.
 *
 * `KEYS[1]` is the lock, its value the holder's token; `KEYS[2]` is the lock's fence, a decimal text that only grows and has no end.
 */

/**
 * Grants the lock, or confirms the grant that `ARGV[1]` has already (its first answer was lost), which starts its time anew.
 *
 * `ARGV`: token, TTL in ms, floor of the fencing number (a decimal text without leading zeros), and the run id of the server for
 * which that floor holds ({@link ANY_SERVER} for whichever answers). Gives the fencing number as text, nil when somebody else holds
 * the lock, or `{"server", RUN_ID}` when another server answers: nothing was granted then. The fence is written first: when it cannot
 * be, nothing was granted.
 *
 * @remarks Numbers beyond 2^53 are compared as texts, by length and then by digits: a Lua number would round them.
 */
export const ACQUIRE = `
if ARGV[4] ~= "" then
  local server = string.match(redis.call("INFO", "server"), "run_id:(%x+)")
  if server ~= ARGV[4] then
    return {"server", server}
  end
end
local holder = redis.call("GET", KEYS[1])
if holder == ARGV[1] then
  redis.call("PEXPIRE", KEYS[1], ARGV[2])
  return redis.call("GET", KEYS[2])
end
if holder then
  return false
end
local last = redis.call("GET", KEYS[2]) or "0"
local floor = ARGV[3]
if #last < #floor or (#last == #floor and last < floor) then
  redis.call("SET", KEYS[2], floor)
end
redis.call("INCR", KEYS[2])
redis.call("SET", KEYS[1], ARGV[1], "NX", "PX", ARGV[2])
return redis.call("GET", KEYS[2])
`;

/** As the server of {@link ACQUIRE}: whichever answers. */
export const ANY_SERVER = "";
/** As the server of {@link ACQUIRE}: none, so that it gives the run id of the one that answers. */
export const NO_SERVER = "none";

/** Starts the time of a grant anew; never makes one. `ARGV`: token, TTL in ms. Gives 1, or 0 when the lock is not this token's. */
export const EXTEND = `
if redis.call("GET", KEYS[1]) == ARGV[1] then
  return redis.call("PEXPIRE", KEYS[1], ARGV[2])
end
return 0
`;

/** Ends a grant. `ARGV`: token. Gives 1, or 0 when the lock is not this token's. */
export const RELEASE = `
if redis.call("GET", KEYS[1]) == ARGV[1] then
  return redis.call("DEL", KEYS[1])
end
return 0
`;

/**
 * Passes a grant on: the lock goes from the token `ARGV[2]` to the token `ARGV[1]` under a new number, and is nobody's in no moment in
 * between. Asked again by who has it already it starts its time anew, as {@link ACQUIRE} does.
 *
 * `ARGV`: new token, old token, TTL in ms. Gives the fencing number as text, or nil when the lock is not the old token's. The fence
 * is written first: when it cannot be, nothing was passed on.
 */
export const TAKE_OVER = `
local holder = redis.call("GET", KEYS[1])
if holder == ARGV[1] then
  redis.call("PEXPIRE", KEYS[1], ARGV[3])
  return redis.call("GET", KEYS[2])
end
if holder ~= ARGV[2] then
  return false
end
redis.call("INCR", KEYS[2])
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[3])
return redis.call("GET", KEYS[2])
`;

/** Key of a lock's fence, in the same slot of a Redis Cluster as the lock. */
export function fenceKey(key: string): string {
  return key.includes("{") ? `fence:${key}` : `fence:{${key}}`;
}
