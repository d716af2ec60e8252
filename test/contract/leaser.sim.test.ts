import { describe, expect, it } from "vitest";
import { RaftNode } from "../../src/system/components/raft/raft-node.ts";
import { RaftLeaser } from "../../src/system/components/replication/raft-leaser.ts";
import { StaticLeaser } from "../../src/system/components/replication/static-leaser.ts";
import { FaultlineError } from "../../src/system/ports/errors.ts";
import { nodeId, type NodeEnv, type NodeId } from "../../src/system/ports/node.ts";
import { TestWorld } from "../sim/world.ts";
import { LeaseGroup } from "../system/replication/lease-world.ts";
import { describeLeaser, type LeasersUnderTest } from "./leaser.contract.ts";

const IDS = ["n1", "n2", "n3"] as const;

describeLeaser("one designated primary", (body) => {
  const [primary, other] = [nodeId("n1"), nodeId("n2")];
  return body({
    primary: new StaticLeaser({ id: primary, primary }),
    other: new StaticLeaser({ id: other, primary }),
    primaryId: primary,
    ready: () => Promise.resolve(),
    pass: () => Promise.resolve(),
  });
});

/** A Raft group with a leaser on every node. */
class RaftGroup {
  readonly world: TestWorld;
  readonly rafts = new Map<string, RaftNode>();
  readonly leasers = new Map<string, RaftLeaser>();
  now = 0;

  constructor() {
    const body = (env: NodeEnv): void => {
      const { id, transport, timers } = env;
      const raft: RaftNode = new RaftNode({
        ...env,
        send: transport.send.bind(transport),
        apply: (entry) => leaser.apply(entry),
      });
      const leaser = new RaftLeaser({ id, raft, timers });
      transport.subscribe((from, message) => raft.receive(from, message));
      this.rafts.set(id, raft);
      this.leasers.set(id, leaser);
      void raft.open();
    };
    this.world = new TestWorld(Object.fromEntries(IDS.map((id) => [id, body])));
  }
  async pass(ms: number): Promise<void> {
    this.now += ms;
    await this.world.run(this.now);
  }
  get leader(): NodeId {
    return nodeId([...this.rafts.values()].find(({ hasLease }) => hasLease)?.id ?? "");
  }
  at(id: string): RaftLeaser {
    return this.leasers.get(id) as RaftLeaser;
  }
  cut(id: NodeId): void {
    const { network } = this.world.cluster;
    const effect = { fault: "cut", cut: true, touch: () => undefined };
    for (const other of IDS) {
      network.addEffect(id, nodeId(other), effect);
      network.addEffect(nodeId(other), id, effect);
    }
  }
}

/** A leaser whose promises are kept by virtual time: each call is let settle. */
function driven(group: RaftGroup, id: string): LeasersUnderTest["primary"] {
  const leaser = group.at(id);
  return {
    type: leaser.type,
    acquire: () => leaser.acquire(),
    acquireExisting: (lease) => leaser.acquireExisting(lease),
    primaryInfo: () => leaser.primaryInfo(),
    clusterId: () => leaser.clusterId(),
    setClusterId: async (name) => {
      const named = leaser.setClusterId(name);
      named.catch(() => undefined);
      await group.pass(100);
      return named;
    },
  };
}

describeLeaser("a Raft group", async (body) => {
  const group = new RaftGroup();
  await group.pass(2_000);
  const { leader } = group;
  await body({
    primary: driven(group, leader),
    other: driven(group, IDS.find((id) => id !== leader) as string),
    primaryId: leader,
    ready: () => Promise.resolve(),
    cutOff: () => {
      group.cut(leader);
      return group.pass(400);
    },
    pass: (ms) => group.pass(ms),
  });
});

describeLeaser("a lock that a Redis keeps", async (body) => {
  const group = await LeaseGroup.start({ nodes: ["n1", "n2"], ttlMs: 1_000 });
  const other = group.driven("n2");
  const primary = group.driven("n1");
  await body({
    primary: {
      ...primary,
      clusterId: () => primary.clusterId(),
      acquire: async () => {
        const lease = await primary.acquire();
        // Who does not lead looks now and then.
        await group.settled(group.leaser("n2").refresh());
        return lease;
      },
    },
    other,
    primaryId: "n1",
    ready: () => Promise.resolve(),
    cutOff: () => {
      group.cut("n1");
      return group.pass(1_100);
    },
    pass: (ms) => group.pass(ms),
  });
});

describe("a leaser of a Raft group", () => {
  it("fails within a quarter of a lease when nobody answers, and the cluster keeps one name all the same", async () => {
    const group = new RaftGroup();
    await group.pass(2_000);
    const { leader } = group;
    group.cut(leader);
    const named = group
      .at(leader)
      .setClusterId("alone")
      .catch((error: unknown) => error);
    await group.pass(56);
    expect(await named).toBeInstanceOf(FaultlineError);
    expect(group.at(leader).clusterId()).toBe("");
    await group.pass(2_000);
    const next = [...group.rafts.values()].find(({ id, hasLease }) => id !== leader && hasLease);
    const renamed = group.at(next?.id ?? "").setClusterId("ours");
    await group.pass(100);
    expect(await renamed).toBe("ours");
    for (const id of IDS) expect(group.at(id).clusterId()).toBe(id === leader ? "" : "ours");
  });

  it("gives a lease up by stepping down", async () => {
    const group = new RaftGroup();
    await group.pass(2_000);
    const { leader } = group;
    const lease = await group.at(leader).acquire();
    lease.close();
    expect(lease.isValid).toBe(false);
    await group.pass(2_000);
    expect(group.leader).not.toBe(leader);
  });
});
