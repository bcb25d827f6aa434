import { createHash } from 'node:crypto';

/** A Lua script and the name Redis knows it by. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') });

/**
 * The steps that must not be torn apart. A value is stored as one mark ('0' fresh, '1' spent), eight characters of
 * version, then the text itself, so that spending and comparing touch a few bytes however long the text is.
 */
export const scripts = {
  spend: script(`local v = redis.call('GET', KEYS[1])
if v and string.byte(v) == 48 then redis.call('SETRANGE', KEYS[1], 0, '1') end
return v`),
  swap: script(`local head = redis.call('GETRANGE', KEYS[1], 0, 8)
if string.sub(head, 2) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], string.sub(head, 1, 1) .. ARGV[2], 'EX', ARGV[3])
return 1`),
  count: script(`local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return n`),
  join: script(`redis.call('SADD', KEYS[1], ARGV[1])
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return 1`),
} as const;
