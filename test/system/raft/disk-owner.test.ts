import { describe, expect, it } from "vitest";
import { RaftStorage } from "../../../src/system/components/raft/raft-storage.ts";
import { KvStateMachine } from "../../../src/system/components/replication/kv-state-machine.ts";
import { ReplicatedDatabase } from "../../../src/system/components/replication/replicated-database.ts";
import { ShutdownFlag } from "../../../src/system/components/split-brain/shutdown-flag.ts";
import { WriteFence } from "../../../src/system/components/split-brain/write-fence.ts";
import { FailStopError } from "../../../src/system/ports/errors.ts";
import { nodeId, type NodeEnv } from "../../../src/system/ports/node.ts";
import { haNode } from "../../../src/system/programs/ha-node/ha-node.ts";
import { TestWorld } from "../../sim/world.ts";

const n1 = nodeId("n1");
const n2 = nodeId("n2");

/** What one thing after another did on one node's disk, and what was written to the disk meanwhile. */
async function onOneDisk(steps: readonly ((env: NodeEnv) => Promise<unknown>)[]): Promise<string[]> {
  const outcomes: string[] = [];
  const world = new TestWorld({
    n1: async (env) => {
      for (const step of steps)
        outcomes.push(
          await step(env).then(
            () => "taken",
            (error: unknown) =>
              error instanceof FailStopError ? `refused: ${String(error.facts["owner"])}'s` : String(error),
          ),
        );
    },
  });
  await world.run(1_000);
  return outcomes;
}

const raft =
  (id: typeof n1, isWriting = true) =>
  async ({ disk, clock, timers }: NodeEnv): Promise<void> => {
    const storage = new RaftStorage({ id, disk, clock, timers });
    await storage.load();
    if (!isWriting) return;
    storage.saveVote(1, id);
    await new Promise<void>((resolve) => storage.whenDurable(resolve));
  };
const database =
  (id: typeof n1 | undefined, epoch = 0) =>
  async ({ disk, clock }: NodeEnv): Promise<void> => {
    const machine = new KvStateMachine();
    const retention = { checkpointEvery: 2 };
    const one = new ReplicatedDatabase({ ...(id && { id }), disk, clock, machine, retention });
    await one.open();
    const changes = { operation: "write", key: "k", value: "v", client: "", seq: 0 };
    for (let i = 0; i < 3 && epoch > 0; i++) await one.commit(epoch, changes);
    await one.flush();
  };
const fence =
  (id: typeof n1, epoch = 0) =>
  async ({ disk, observer }: NodeEnv): Promise<void> => {
    const one = new WriteFence({ id, disk, observer, mayWrite: () => true });
    await one.open();
    if (epoch > 0) await one.restoreWriteAccess(epoch);
  };

describe("a disk of another node", () => {
  it("is refused by a Raft log in which that node has promised something", async () => {
    const steps = [raft(n1, false), raft(n2, false), raft(n1), raft(n2), raft(n1)];
    expect(await onOneDisk(steps)).toEqual(["taken", "taken", "taken", "refused: n1's", "taken"]);
  });

  it("is refused by a database that has something, also after its log was made anew, and read by nobody's", async () => {
    const steps = [database(n2), database(n1, 1), database(n2), database(n1), database(undefined)];
    expect(await onOneDisk(steps)).toEqual(["taken", "taken", "refused: n1's", "taken", "taken"]);
  });

  it("is refused by a fence, which leaves the other's marker where it is", async () => {
    const markers = async ({ disk }: NodeEnv): Promise<void> => {
      expect(await disk.list("litefs")).toEqual([".primary"]);
    };
    expect(await onOneDisk([fence(n1, 1), fence(n2), markers])).toEqual(["taken", "refused: n1's", "taken"]);
  });

  it("is not written to by a whole node that is started on it", async () => {
    const node = (id: string, env: NodeEnv): void =>
      void haNode.start({ ...env, id: nodeId(id), peers: [] }, { electionTimeoutMs: 300, heartbeatMs: 50 });
    const both = new TestWorld({
      n1: (env) => node("n1", env),
      n2: (env) => node("n2", env),
    });
    await both.run(2_000);
    both.at(2_000, () => {
      both.cluster.kill(n2);
      both.cluster.node("n2").mount(both.cluster.node("n1").disk);
      both.cluster.restart(n2);
    });
    const changes = (): number =>
      both.records("point").filter(({ node: at, name }) => at === "n1" && /^disk\.(?!read)/.test(name)).length;
    const before = changes();
    await both.run(4_000);
    const end = both.records("state").findLast(({ node: at, key }) => at === "n2" && key === "process");
    expect(end?.fields["reason"]).toBe("fail-stop");
    expect(String(end?.fields["error"])).toContain("was written by node n1, and this is n2");
    expect(changes()).toBe(before);
  });

  it("is refused also when its owner shut itself down and that was cleared", async () => {
    const world = new TestWorld({
      n1: async (env) => {
        await new ShutdownFlag({ disk: env.disk }).raise({ node: "n2", reason: "test" });
        const running = haNode.start({ ...env, incarnation: 2 }, {});
        running.control?.({ type: "clear-shutdown" });
      },
    });
    await world.run(1_000);
    const end = world.records("state").findLast(({ key }) => key === "process");
    expect(String(end?.fields["error"])).toContain('"litefs/.shutdown" was written by node n2');
  });
});
