import { Cluster } from "../../../src/sim/cluster.ts";
import { Kernel } from "../../../src/sim/kernel/kernel.ts";
import { Rng } from "../../../src/sim/kernel/rng.ts";
import { KvStore } from "../../../src/system/components/replication/kv-store.ts";
import { RaftNode } from "../../../src/system/components/raft/raft-node.ts";
import { nodeId, type NodeId, type Program } from "../../../src/system/ports/node.ts";
import type { Message } from "../../../src/system/ports/transport.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";
import { TraceWriter } from "../../../src/trace/trace.ts";

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
  cut(from: string, to: string): () => void;
  /** Cuts both directions, for good. */
  separate(a: string, b: string): void;
  /** Hands a message to a node as if the network had delivered it. */
  inject(to: string, from: string, message: Message): Promise<void>;
  sent(type: string, from?: string): Extract<TraceRecord, { kind: "sent" }>[];
}

export function raftWorld(
  options: { nodes?: number; seed?: string; latencyUs?: number; syncUs?: number } = {},
): RaftWorld {
  const ids = Array.from({ length: options.nodes ?? 3 }, (_, i) => nodeId(`n${String(i + 1)}`));
  const records: TraceRecord[] = [];
  const trace = new TraceWriter({
    keep: false,
    listeners: [{ triggers: ["sent", "state", "point"], on: (record) => records.push(record) }],
  });
  const kernel = new Kernel({ trace });
  const rafts = new Map<string, RaftNode>();
  const handlers = new Map<string, (from: NodeId, message: Message) => void>();
  const program: Program = {
    name: "raft",
    start(env) {
      const store = new KvStore({ observer: env.observer });
      const raft = new RaftNode({
        ...env,
        send: (to, message) => {
          env.transport.send(to, message);
        },
        apply: (entry) => store.apply(entry),
      });
      rafts.set(env.id, raft);
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
      lossPpm: 0,
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
      const node = leader();
      cluster.at(kernel.now, () => {
        kernel.enter(cluster.node(node.id), -1, () => {
          node.propose(
            { command: { operation: "write", key, value, epoch: node.term }, client: "t", seq },
            (outcome) => {
              status = outcome.status;
            },
          );
        });
      });
      await kernel.run(kernel.now + 500_000);
      return status;
    },
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
