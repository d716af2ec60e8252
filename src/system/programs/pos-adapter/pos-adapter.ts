import { FaultlineError } from "../../ports/errors.ts";
import type { NodeEnv, NodeId, Program, RunningProgram } from "../../ports/node.ts";
import type { Message } from "../../ports/transport.ts";
import { HlcClock } from "../../components/hlc/hlc-clock.ts";
import { encodeStamp } from "../../components/hlc/stamp.ts";
import type { LockPort } from "../../components/lock/lock-port.ts";
import { RedisLock } from "../../components/lock/redis-lock.ts";
import { BufferUnavailableError, type ReceiptBuffer } from "../../components/receipts/receipt-buffer.ts";
import { JournalReceiptBuffer } from "../../components/receipts/journal-receipt-buffer.ts";
import type { SyncReport } from "../../components/receipts/sync-worker.ts";
import { SimOfdClient } from "../ofd/client.ts";
import { SimRedisClient } from "../redis/client.ts";
import { Adapter } from "./adapter.ts";
import type { PosAdapterConfig } from "./config.ts";
import type { PosCreate, PosCreated, PosSync } from "./protocol.ts";
import { ReplicatedBufferHost } from "./replicated-buffer-host.ts";
import { StampedTransport } from "../stamped-transport.ts";

/** Manual syncs remembered: one asked for twice under one number runs once. */
const SYNCS_MAX = 64;

/**
 * A till's adapter on a node: hybrid clock, receipt buffer, sync worker with lock and breaker, served to cashiers by messages.
 *
 * @see the seed's `kkt_adapter` and its "production HA architecture": adapters A and B, one Redis, one OFD.
 */
export const posAdapter: Program<PosAdapterConfig> = {
  name: "pos-adapter",
  start(env: NodeEnv, config: PosAdapterConfig): RunningProgram {
    const node = new PosAdapter(env, config);
    void node.open();
    return { stop: () => node.stop() };
  },
};

class PosAdapter {
  readonly #env: NodeEnv;
  readonly #config: PosAdapterConfig;
  readonly #transport: StampedTransport;
  readonly #redis: SimRedisClient;
  readonly #ofd: SimOfdClient;
  readonly #replicas: ReplicatedBufferHost | undefined;
  readonly #syncs = new Map<string, Promise<SyncReport>>();
  #adapter: Adapter | undefined;
  #hlc: HlcClock | undefined;
  #isStopped = false;

  constructor(env: NodeEnv, config: PosAdapterConfig) {
    this.#env = env;
    this.#config = config;
    const { timers, random } = env;
    const transport = new StampedTransport(env.transport);
    this.#transport = transport;
    transport.subscribe((from, message) => this.#receive(from, message));
    this.#redis = new SimRedisClient({ server: (config.redis ?? "redis1") as NodeId, transport, timers, random });
    this.#ofd = new SimOfdClient({ server: (config.ofd ?? "ofd1") as NodeId, transport, timers, random });
    this.#replicas =
      config.buffer === "replicated" ? new ReplicatedBufferHost({ ...env, transport }, config) : undefined;
  }

  async open(): Promise<void> {
    const { id, clock, timers, random, disk, observer } = this.#env;
    const { maxOffsetMs = 10_000 } = this.#config;
    const hlc = await HlcClock.open({ nodeId: id, clock, timers, disk, observer, maxOffsetMs });
    this.#hlc = hlc;
    this.#transport.connect(hlc);
    // It may be stopped while it opens.
    if (this.#isStopped) hlc.close();
    const buffer = this.#isStopped ? undefined : await this.#openBuffer();
    if (buffer === undefined || this.#isStopped) return;
    const epochOf = (serverId: string): Promise<number> => buffer.epochOf(serverId);
    const redisLock = new RedisLock({ redis: this.#redis, clock, timers, random, observer, epochOf });
    const lock = this.#config.lock === "raft" ? this.#groupLock() : redisLock;
    const parts = { id, clock, timers, random, observer, hlc, buffer, lock, ofd: this.#ofd };
    this.#adapter = new Adapter(parts, this.#config);
    this.#adapter.start();
  }

  stop(): void {
    this.#isStopped = true;
    this.#hlc?.close();
    this.#adapter?.stop();
    this.#replicas?.stop();
  }

  #groupLock(): LockPort {
    if (this.#replicas !== undefined) return this.#replicas.lock;
    throw new FaultlineError(
      "POS_CONFIG",
      'lock "raft" is the lock of a replicated buffer; give buffer: "replicated" too.',
      {
        lock: "raft",
        buffer: this.#config.buffer ?? "own",
      },
    );
  }

  async #openBuffer(): Promise<ReceiptBuffer & { epochOf(serverId: string): Promise<number> }> {
    const { disk, observer } = this.#env;
    const { capacity } = this.#config;
    if (this.#replicas !== undefined) {
      await this.#replicas.open();
      return this.#replicas.buffer;
    }
    return JournalReceiptBuffer.open({
      disk,
      observer,
      path: "receipts",
      ...(capacity === undefined ? {} : { capacity }),
    });
  }

  #receive(from: NodeId, message: Message): void {
    switch (message.type) {
      case "pos.create":
        void this.#create(from, message as PosCreate);
        return;
      case "pos.sync":
        void this.#sync(from, message as PosSync);
        return;
      default:
        this.#replicas?.receive(from, message);
    }
  }

  async #create(from: NodeId, { id, receipt, payload }: PosCreate): Promise<void> {
    const answer = (outcome: PosCreated["outcome"], receiptHlc: string, error: string): void =>
      this.#transport.send(from, { type: "pos.created", id, outcome, receiptHlc, error });
    if (this.#adapter === undefined) {
      answer("fail", "", "NOT_READY");
      return;
    }
    try {
      const { hlc } = await this.#adapter.create(receipt, payload);
      answer("ok", hlc, "");
    } catch (error) {
      if (!(error instanceof FaultlineError)) throw error;
      const isUnknown = error instanceof BufferUnavailableError && !error.definite;
      answer(isUnknown ? "info" : "fail", "", error.code);
      return;
    }
    this.#announce(receipt).catch(() => undefined);
  }

  /** Peers hear of it, and stamp what follows after it. What the clock or its disk refuses to stamp is not said. */
  async #announce(receipt: string): Promise<void> {
    if (this.#config.announce !== true || this.#hlc === undefined) return;
    const hlc = encodeStamp(await this.#hlc.nowWhenDurable());
    for (const peer of this.#env.peers) this.#transport.send(peer, { type: "pos.announce", receipt, hlc });
  }

  async #sync(from: NodeId, { id }: PosSync): Promise<void> {
    if (this.#adapter === undefined) return;
    const name = `${from}/${String(id)}`;
    let sync = this.#syncs.get(name);
    if (sync === undefined) {
      this.#syncs.set(name, (sync = this.#adapter.triggerSync()));
      for (const key of this.#syncs.keys()) {
        if (this.#syncs.size <= SYNCS_MAX) break;
        this.#syncs.delete(key);
      }
    }
    const { result, synced } = await sync;
    this.#transport.send(from, { type: "pos.synced", id, result, synced });
  }
}
