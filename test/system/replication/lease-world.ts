import { RedisLock } from "../../../src/system/components/lock/redis-lock.ts";
import { RedisLeaseNotes } from "../../../src/system/components/replication/lease-notes.ts";
import type { DataStanding } from "../../../src/system/components/replication/lease-record.ts";
import type { LockLease } from "../../../src/system/components/replication/lock-lease.ts";
import { LockLeaser } from "../../../src/system/components/replication/lock-leaser.ts";
import { START } from "../../../src/system/components/replication/position.ts";
import { nodeId, type NodeEnv } from "../../../src/system/ports/node.ts";
import type { RedisPort } from "../../../src/system/ports/redis.ts";
import { SimRedisClient } from "../../../src/system/programs/redis/client.ts";
import { redisServer } from "../../../src/system/programs/redis/server.ts";
import { TestWorld } from "../../sim/world.ts";

export interface LeaseGroupOptions {
  readonly nodes: readonly string[];
  readonly ttlMs?: number;
  readonly lockDelayMs?: number;
}

/** A simulated Redis, and nodes that have their leases there. Nothing is asked but what a test asks. */
export class LeaseGroup {
  readonly world: TestWorld;
  /** How far each node's data go; a test may say otherwise. */
  readonly standings = new Map<string, DataStanding>();
  readonly #leasers = new Map<string, LockLeaser>();
  readonly #clients = new Map<string, RedisPort>();
  #now = 0;

  static async start(options: LeaseGroupOptions): Promise<LeaseGroup> {
    const group = new LeaseGroup(options);
    await group.pass(1);
    return group;
  }

  private constructor({ nodes, ttlMs = 10_000, lockDelayMs = 1_000 }: LeaseGroupOptions) {
    const node = (env: NodeEnv): void => {
      const { id } = env;
      const redis = new SimRedisClient({ ...env, server: nodeId("redis"), timeoutMs: Math.floor(ttlMs / 4) });
      const standing = (): DataStanding => this.standings.get(id) ?? { maxEpoch: 0, epoch: 0, position: START };
      const ports = { id, clock: env.clock, timers: env.timers };
      const lock = new RedisLock({ ...env, redis });
      const notes = new RedisLeaseNotes(redis, "lease");
      this.#clients.set(id, redis);
      this.#leasers.set(id, new LockLeaser({ ...ports, lock, notes, ttlMs, lockDelayMs, standing }));
    };
    const server = (env: NodeEnv): void => {
      redisServer.start(env, {});
    };
    this.world = new TestWorld({ redis: server, ...Object.fromEntries(nodes.map((id) => [id, node])) });
  }

  leaser(id: string): LockLeaser {
    return this.#leasers.get(id) as LockLeaser;
  }
  redis(id: string): RedisPort {
    return this.#clients.get(id) as RedisPort;
  }
  async pass(ms: number): Promise<void> {
    this.#now += ms;
    await this.world.run(this.#now);
  }
  /** Lets time pass until a promise of a node has settled. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    const state = { isSettled: false };
    const note = (): void => {
      state.isSettled = true;
    };
    promise.then(note, note);
    for (let steps = 0; steps < 2_000 && !state.isSettled; steps++) await this.pass(5);
    return promise;
  }
  /** No message between a node and the store from now on, until the returned function is called. */
  cut(id: string): () => void {
    const { network } = this.world.cluster;
    const effect = { fault: "cut", cut: true, touch: () => undefined };
    const ends = [
      network.addEffect(nodeId(id), nodeId("redis"), effect),
      network.addEffect(nodeId("redis"), nodeId(id), effect),
    ];
    return () => ends.forEach((end) => end());
  }
  acquire(id: string): Promise<LockLease> {
    return this.settled(this.leaser(id).acquire());
  }
  takeOver(id: string, offer: string): Promise<LockLease> {
    return this.settled(this.leaser(id).acquireExisting(offer));
  }

  /** A leaser whose promises are kept by virtual time, its leases' too. */
  driven(id: string): Omit<LockLeaser, "ttlMs" | "answeredAtMs" | "refresh" | "hear"> & { readonly type: "lease" } {
    const leaser = this.leaser(id);
    const lease = (own: LockLease): LockLease =>
      new Proxy(own, {
        get: (target, key) => {
          if (key === "renew") return () => this.settled(target.renew());
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === "function" ? (value as () => unknown).bind(target) : value;
        },
      });
    return {
      type: leaser.type,
      acquire: async () => lease(await this.acquire(id)),
      acquireExisting: async (offer) => lease(await this.takeOver(id, offer)),
      primaryInfo: () => leaser.primaryInfo(),
      clusterId: () => leaser.clusterId(),
      setClusterId: (name) => this.settled(leaser.setClusterId(name)),
    };
  }
}
