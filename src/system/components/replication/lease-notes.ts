import type { RedisPort } from "../../ports/redis.ts";

/** What a lease's store keeps beside the lease, for whoever asks. Calls settle within a time that the store's client knows. */
export interface LeaseNotes {
  /** Rejects when nobody answered. */
  read(): Promise<{ readonly record: string | undefined; readonly clusterId: string | undefined }>;
  /** Writes the record, if the lease is the token's. @returns whether it is. Rejects when nobody answered. */
  publish(token: string, record: string): Promise<boolean>;
  /** Names the cluster if it has no name. @returns the name that holds. Rejects when nobody answered. */
  name(clusterId: string): Promise<string>;
}

/**
 * Writes `ARGV[2]` to `KEYS[2]` if the lock `KEYS[1]` is the token's, `ARGV[1]`. Gives 1, or 0 when it is not: a former holder
 * that did not notice overwrites nothing.
 */
export const PUBLISH = `
if redis.call("GET", KEYS[1]) == ARGV[1] then
  redis.call("SET", KEYS[2], ARGV[2])
  return 1
end
return 0
`;

/** {@link LeaseNotes} in the Redis that keeps the lease's lock: two keys without an end, in the lock's slot. */
export class RedisLeaseNotes implements LeaseNotes {
  readonly #redis: RedisPort;
  readonly #lock: string;
  readonly #record: string;
  readonly #clusterId: string;

  /** @param key Of the lock. */
  constructor(redis: RedisPort, key: string) {
    const tag = key.includes("{") ? key : `{${key}}`;
    this.#redis = redis;
    this.#lock = key;
    this.#record = `primary:${tag}`;
    this.#clusterId = `cluster-id:${tag}`;
  }

  async read(): Promise<{ readonly record: string | undefined; readonly clusterId: string | undefined }> {
    const [record, clusterId] = await Promise.all([this.#redis.get(this.#record), this.#redis.get(this.#clusterId)]);
    return { record, clusterId };
  }
  async publish(token: string, record: string): Promise<boolean> {
    return (await this.#redis.eval(PUBLISH, [this.#lock, this.#record], [token, record])) === 1;
  }
  async name(clusterId: string): Promise<string> {
    await this.#redis.set(this.#clusterId, clusterId, { onlyIfAbsent: true });
    return (await this.#redis.get(this.#clusterId)) ?? clusterId;
  }
}
