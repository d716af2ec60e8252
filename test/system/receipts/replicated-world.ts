import { RaftNode } from "../../../src/system/components/raft/raft-node.ts";
import { ReplicatedReceiptBuffer } from "../../../src/system/components/receipts/replicated-receipt-buffer.ts";
import type { NodeEnv, NodeId } from "../../../src/system/ports/node.ts";
import type { Message } from "../../../src/system/ports/transport.ts";
import type { NetworkConfig } from "../../../src/sim/network/link-effect.ts";
import { TestWorld } from "../../sim/world.ts";

export interface Member {
  readonly buffer: ReplicatedReceiptBuffer;
  readonly raft: RaftNode;
}

/** Three nodes that keep one buffer. `members` has the present life of each. */
export interface ReplicatedWorld {
  readonly world: TestWorld;
  readonly members: ReadonlyMap<string, Member>;
  leader(): string;
  follower(): string;
  /** Runs code of a node, as its program would, and gives what it came to once that is settled. */
  on<T>(node: string, work: (member: Member) => Promise<T>): { result: T | undefined; error: unknown };
  /** Cuts a node off from the others, from now on, until the returned function is called. */
  isolate(node: string): () => void;
  /** Lets this much time pass. */
  pass(ms: number): Promise<void>;
}

export async function replicatedWorld(
  options: { seed?: string; network?: Partial<NetworkConfig> } = {},
): Promise<ReplicatedWorld> {
  const members = new Map<string, Member>();
  const body = (env: NodeEnv): void => {
    const send = (to: NodeId, message: Message): void => {
      env.transport.send(to, message);
    };
    const buffer: ReplicatedReceiptBuffer = new ReplicatedReceiptBuffer({ ...env, raft: () => raft, send });
    const raft: RaftNode = new RaftNode({ ...env, send, apply: (entry) => buffer.apply(entry) });
    members.set(env.id, { buffer, raft });
    env.transport.subscribe((from, message) => {
      if (message.type.startsWith("buffer.")) buffer.receive(from, message);
      else raft.receive(from, message);
    });
    void raft.open();
  };
  const ids = ["n1", "n2", "n3"];
  const world = new TestWorld({ n1: body, n2: body, n3: body }, { ...options, strict: true });
  const { kernel, cluster } = world;
  const leader = (): string => {
    const leading = ids.filter((id) => members.get(id)?.raft.isReady === true);
    const [newest] = leading.sort((a, b) => (members.get(b)?.raft.term ?? 0) - (members.get(a)?.raft.term ?? 0));
    if (newest === undefined) throw new Error("nobody leads");
    return newest;
  };
  const result: ReplicatedWorld = {
    world,
    members,
    leader,
    follower: () => ids.find((id) => id !== leader()) as string,
    on(node, work) {
      const outcome: ReturnType<ReplicatedWorld["on"]> = { result: undefined, error: undefined };
      cluster.at(kernel.now, () => {
        kernel.enter(cluster.node(node), -1, () => {
          work(members.get(node) as Member).then(
            (value) => (outcome.result = value),
            (error: unknown) => (outcome.error = error),
          );
        });
      });
      return outcome as ReturnType<typeof this.on<never>>;
    },
    isolate(node) {
      const ends = ids
        .filter((id) => id !== node)
        .flatMap((id) => [
          [id, node],
          [node, id],
        ])
        .map(([from, to]) =>
          cluster.network.addEffect(from as NodeId, to as NodeId, { fault: "test", cut: true, touch: () => undefined }),
        );
      return () => {
        for (const end of ends) end();
      };
    },
    pass: (ms) => kernel.run(kernel.now + ms * 1_000).then(() => undefined),
  };
  await result.pass(3_000);
  return result;
}
