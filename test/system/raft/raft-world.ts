import { Cluster } from "../../../src/sim/cluster.ts";
import { Kernel } from "../../../src/sim/kernel/kernel.ts";
import { Rng } from "../../../src/sim/kernel/rng.ts";
import { KvStore } from "../../../src/system/components/replication/kv-store.ts";
import type { FoundingGroup, GroupChange } from "../../../src/system/components/raft/group-config.ts";
import { RaftNode } from "../../../src/system/components/raft/raft-node.ts";
import { nodeId, type NodeId, type Program } from "../../../src/system/ports/node.ts";
import type { Message } from "../../../src/system/ports/transport.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";
import type { TraceListener } from "../../../src/trace/listeners.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";

/** Raft alone on simulated machines, with a store and nothing around it. */
export interface RaftWorld {
  readonly cluster: Cluster;
  readonly ids: readonly NodeId[];
  readonly records: readonly TraceRecord[];
  raft(id: string): RaftNode;
  /** The one leader of the highest term. */
  leader(): RaftNode;
  followers(): RaftNode[];
  /** Runs for so many virtual ms. */
  advance(ms: number): Promise<void>;
  /** Proposes through the leader and runs until it is decided. */
  write(key: string, value: string, seq: number): Promise<string>;
  /** Lets a node's own code run, as an event of it. */
  on(id: string, work: (raft: RaftNode) => void): Promise<void>;
  /** Has the leader change the group, and runs for half a second. Returns how it ended: a status, or why it was refused. */
  reconfigure(change: GroupChange, at?: string): Promise<string>;
  /** Has the leader hand over, and runs for half a second. */
  transfer(target?: string): Promise<string>;
  /** What a node's state machine holds for a key. */
  value(id: string, key: string): unknown;
  /** A node loses its disk with all that is on it, and starts again. */
  wipe(id: string): void;
  points(name: string, node?: string): Extract<TraceRecord, { kind: "point" }>[];
  cut(from: string, to: string): () => void;
  /** Cuts both directions, for good. */
  separate(a: string, b: string): void;
  /** Hands a message to a node as if the network had delivered it. */
  inject(to: string, from: string, message: Message): Promise<void>;
  sent(type: string, from?: string): Extract<TraceRecord, { kind: "sent" }>[];
}

export function raftWorld(
  options: {
    nodes?: number;
    seed?: string;
    latencyUs?: number;
    syncUs?: number;
    lossPpm?: number;
    group?: FoundingGroup;
    snapshotEntries?: number;
    /** Who else is to see the records. */
    listeners?: readonly TraceListener[];
  } = {},
): RaftWorld {
  const ids = Array.from({ length: options.nodes ?? 3 }, (_, i) => nodeId(`n${String(i + 1)}`));
  const records: TraceRecord[] = [];
  const trace = new TraceWriter({
    keep: false,
    listeners: [
      { triggers: ["sent", "state", "point"], on: (record) => records.push(record) },
      ...(options.listeners ?? []),
    ],
  });
  const kernel = new Kernel({ trace });
  const rafts = new Map<string, RaftNode>();
  const stores = new Map<string, KvStore>();
  const handlers = new Map<string, (from: NodeId, message: Message) => void>();
  const program: Program = {
    name: "raft",
    start(env) {
      const store = new KvStore({ observer: env.observer });
      const raft = new RaftNode({
        ...env,
        ...(options.group === undefined ? {} : { group: options.group }),
        send: (to, message) => {
          env.transport.send(to, message);
        },
        ...(options.snapshotEntries === undefined ? {} : { config: { snapshotEntries: options.snapshotEntries } }),
        apply: (entry) => store.apply(entry),
        snapshot: () => store.snapshot(),
        restore: (state) => {
          store.restore(state);
        },
      });
      rafts.set(env.id, raft);
      stores.set(env.id, store);
      const receive = (from: NodeId, message: Message): void => {
        raft.receive(from, message);
      };
      handlers.set(env.id, receive);
      env.transport.subscribe(receive);
      void raft.open();
      return {};
    },
  };
  const cluster = new Cluster({
    kernel,
    rng: new Rng(options.seed ?? "1"),
    nodes: ids.map((id) => ({
      id,
      role: "node" as const,
      program,
      config: {},
      peers: ids.filter((other) => other !== id),
    })),
    network: {
      latency: { constant: options.latencyUs ?? 2_000 },
      lossPpm: options.lossPpm ?? 0,
      duplicatePpm: 0,
      reorderPpm: 0,
      reorderBy: 0,
    },
    disk: { opLatency: { constant: 20 }, syncLatency: { constant: options.syncUs ?? 1_000 }, loseUnsynced: true },
    strict: true,
  });
  cluster.startAll();
  const raft = (id: string): RaftNode => rafts.get(id) as RaftNode;
  const alive = (): RaftNode[] => ids.filter((id) => cluster.node(id).state === "up").map(raft);
  const leader = (): RaftNode => {
    const [first] = alive()
      .filter((node) => node.isLeader)
      .sort((a, b) => b.term - a.term);
    if (first === undefined) throw new Error("nobody leads");
    return first;
  };
  const on = async (id: string, work: (raft: RaftNode) => void): Promise<void> => {
    cluster.at(kernel.now, () => {
      kernel.enter(cluster.node(id), -1, () => {
        work(raft(id));
      });
    });
    await kernel.run(kernel.now);
  };
  const cut = (from: string, to: string): (() => void) =>
    cluster.network.addEffect(nodeId(from), nodeId(to), { fault: "test", cut: true, touch: () => undefined });
  return {
    cluster,
    ids,
    records,
    raft,
    leader,
    followers: () => alive().filter((node) => node !== leader()),
    advance: (ms) => kernel.run(kernel.now + ms * 1_000),
    async write(key, value, seq) {
      let status = "pending";
      await on(leader().id, (node) => {
        node.propose({ command: { operation: "write", key, value, epoch: node.term }, client: "t", seq }, (outcome) => {
          status = outcome.status;
        });
      });
      await kernel.run(kernel.now + 500_000);
      return status;
    },
    on,
    async reconfigure(change, at = leader().id) {
      let status = "pending";
      await on(at, (node) => {
        node.reconfigure(change, (outcome) => {
          status = outcome.status === "refused" ? outcome.reason : outcome.status;
        });
      });
      await kernel.run(kernel.now + 500_000);
      return status;
    },
    async transfer(target) {
      let status = "pending";
      await on(leader().id, (node) => {
        node.transferTo(target as NodeId | undefined, (outcome) => {
          status = outcome;
        });
      });
      await kernel.run(kernel.now + 500_000);
      return status;
    },
    value: (id, key) => stores.get(id)?.get(key),
    wipe(id) {
      const node = cluster.node(id);
      cluster.crash(node.id);
      node.disk.wipe();
      cluster.restart(node.id);
    },
    points: (name, node) =>
      records.filter(
        (record): record is Extract<TraceRecord, { kind: "point" }> =>
          record.kind === "point" && record.name === name && (node === undefined || record.node === node),
      ),
    cut,
    separate(a, b) {
      cut(a, b);
      cut(b, a);
    },
    async inject(to, from, message) {
      cluster.at(kernel.now, () => {
        kernel.enter(cluster.node(to), -1, () => {
          handlers.get(to)?.(nodeId(from), message);
        });
      });
      await kernel.run(kernel.now + 20_000);
    },
    sent: (type, from) =>
      records.filter(
        (record): record is Extract<TraceRecord, { kind: "sent" }> =>
          record.kind === "sent" && record.type === type && (from === undefined || record.node === from),
      ),
  };
}
