// The file of a log is written anew while the machine under it may lose its power at any moment.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DiskEffect } from "../../../src/sim/disk/disk-effect.ts";
import { foundingConfig } from "../../../src/system/components/raft/group-config.ts";
import { ReplicatedLog } from "../../../src/system/components/raft/replicated-log.ts";
import { snapshotOf } from "../../../src/system/components/raft/snapshot.ts";
import { nodeId, type NodeEnv } from "../../../src/system/ports/node.ts";
import { PLAIN_DISK, TestWorld } from "../../sim/world.ts";

const n1 = nodeId("n1");
const founding = foundingConfig([n1]);

/** What a log held at some time: its commands by index, and how many of them it had said to be durable. */
interface History {
  readonly commands: string[];
  said: number;
}

/** A log on a machine of its own, whose state is the list of commands that were applied, and what it must not forget. */
class Machine {
  readonly world: TestWorld;
  /** Oldest first: those that a power loss may bring back. */
  histories: History[] = [{ commands: [], said: 0 }];
  #log: ReplicatedLog | undefined;
  #state: string[] = [];

  constructor(options: { seed?: string; snapshotEntries: number; capacityBytes?: number }) {
    const start = async (env: NodeEnv): Promise<void> => {
      this.#state = [];
      const log = new ReplicatedLog({
        ...env,
        ...{ founding, snapshotEntries: options.snapshotEntries },
        onConfig: () => undefined,
        onApplied: () => undefined,
        apply: ({ command }) => {
          this.#state.push(command as string);
          return { result: null, hasEffect: true };
        },
        snapshot: () => [...this.#state],
        restore: (stored) => {
          this.#state = [...(stored as string[])];
        },
      });
      await log.load(() => "");
      // As a member does: what a killed process left in the page cache is synced before anything comes after it.
      log.whenDurable(() => undefined);
      this.#log = log;
    };
    const { seed = "1", capacityBytes } = options;
    const disk = capacityBytes === undefined ? PLAIN_DISK : { ...PLAIN_DISK, capacityBytes };
    this.world = new TestWorld({ n1: start }, { seed, cluster: { disk } });
  }

  get log(): ReplicatedLog {
    return this.#log as ReplicatedLog;
  }
  get state(): readonly string[] {
    return this.#state;
  }
  /** What was applied, and what stands in the log after that. */
  get content(): readonly string[] {
    const { log } = this;
    return [...this.#state, ...log.slice(log.appliedIndex + 1, 10_000).map(({ command }) => command as string)];
  }
  get #history(): History {
    return this.histories.at(-1) as History;
  }

  /** Lets the node's own code run, if it has opened its log. */
  async on(work: (log: ReplicatedLog) => void): Promise<void> {
    const { kernel, cluster } = this.world;
    cluster.at(kernel.now, () => {
      kernel.enter(cluster.node("n1"), -1, () => {
        if (this.#log !== undefined) work(this.#log);
      });
    });
    await kernel.run(kernel.now);
  }
  after(us: number): Promise<unknown> {
    return this.world.kernel.run(this.world.kernel.now + us);
  }

  /** Appends entries and commits all but the last `open` of the log. */
  async grow(count: number, open = 1): Promise<void> {
    await this.on((log) => {
      const history = this.#history;
      for (let i = 0; i < count; i++) {
        const [index, term] = [log.lastIndex + 1, log.lastTerm === 0 ? 1 : log.lastTerm];
        const command = `c${String(index)}/${String(term)}`;
        history.commands.push(command);
        log.append(Object.freeze({ index, term, type: "command", command, client: "", seq: 0 }), () => {
          this.#said(history, index);
        });
      }
      log.commitTo(log.lastIndex - open, log.lastTerm);
    });
  }

  /** Installs a snapshot of so many entries more than are committed; one of a later term if it is to contradict what is not. */
  async install(more: number, contradicts: boolean): Promise<void> {
    await this.on((log) => {
      const index = log.commitIndex + more;
      const isHeld = !contradicts && index <= log.lastIndex;
      const term = isHeld ? log.termAt(index) : log.lastTerm + 1;
      const known = this.#history.commands;
      const state = [...known.slice(0, isHeld ? index : log.commitIndex)];
      while (state.length < index) state.push(`c${String(state.length + 1)}/${String(term)}`);
      const history = { commands: [...state, ...(isHeld ? known.slice(index) : [])], said: this.#history.said };
      this.histories.push(history);
      log.install(snapshotOf({ index, term, config: { index: 0, term: 0, config: founding } }, state), "n2");
      log.whenDurable(() => {
        this.#said(history, index);
      });
    });
  }

  async restart(how: "crash" | "kill"): Promise<void> {
    this.world.cluster[how](n1);
    this.#log = undefined;
    this.world.cluster.restart(n1);
    await this.after(20_000);
  }

  /** The history that the log agrees with after a restart: it has all that was said of it. */
  found(how: "crash" | "kill"): History | undefined {
    const { content } = this;
    const found = this.histories.findLast(
      ({ commands, said }) =>
        content.length >= said && content.length <= commands.length && content.every((one, i) => one === commands[i]),
    );
    if (found === undefined) return undefined;
    const now = { commands: [...content], said: found.said };
    // A killed process may have read what the page cache has and the disk has not.
    this.histories = how === "crash" ? [now] : [...this.histories, now];
    return found;
  }

  /** What is durable in a later history rules the ones before it out. */
  #said(history: History, index: number): void {
    if (history.said < index) history.said = index;
    const at = this.histories.indexOf(history);
    if (at > 0) this.histories = this.histories.slice(at);
  }
}

const names = (machine: Machine): string[] => machine.world.points.map((one) => one.split(" ")[2] as string);
const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `c${String(from + i)}/1`);

describe("a log of which a snapshot takes the place", () => {
  it("drops what the snapshot holds, but for a tail, once it is durable, and begins there after a power loss", async () => {
    const machine = new Machine({ snapshotEntries: 10 });
    await machine.after(20_000);
    await machine.grow(12);
    expect(machine.log.base.index).toBe(0);
    expect(names(machine)).not.toContain("raft.compact");
    await machine.after(20_000);
    expect(machine.log.snapshot).toMatchObject({ index: 10, term: 1, state: range(1, 10) });
    expect(machine.log.base).toEqual({ index: 5, term: 1 });
    expect(names(machine).at(-1)).toBe("raft.compact");
    await machine.restart("crash");
    const { log } = machine;
    expect([log.base.index, log.lastIndex, log.commitIndex, log.appliedIndex]).toEqual([5, 12, 10, 10]);
    expect(machine.state).toEqual(range(1, 10));
    expect(machine.content).toEqual(range(1, 12));
  });

  it("keeps what follows an installed snapshot where its entry is in the log, and drops it where it is not", async () => {
    const machine = new Machine({ snapshotEntries: 100 });
    await machine.after(20_000);
    await machine.grow(8, 6);
    await machine.install(3, false);
    expect([machine.log.commitIndex, machine.log.lastIndex]).toEqual([5, 8]);
    await machine.install(1, true);
    expect([machine.log.commitIndex, machine.log.lastIndex, machine.log.lastTerm]).toEqual([6, 6, 2]);
    await machine.after(20_000);
    await machine.restart("crash");
    expect(machine.content).toEqual([...range(1, 5), "c6/2"]);
    expect(names(machine).filter((name) => name === "raft.install")).toHaveLength(3);
  });

  it("goes on without one where there is no room for a second file", async () => {
    const machine = new Machine({ snapshotEntries: 10, capacityBytes: 1_600 });
    await machine.after(20_000);
    await machine.grow(9);
    await machine.after(20_000);
    await machine.grow(3);
    await machine.after(20_000);
    expect(machine.log.isDiskFull).toBe(false);
    expect(names(machine)).toContain("raft.snapshot");
    expect(names(machine)).not.toContain("raft.compact");
    expect(machine.world.records("point").some(({ name }) => name === "disk.error")).toBe(true);
    await machine.grow(1);
    await machine.after(20_000);
    await machine.restart("crash");
    expect(machine.content).toEqual(range(1, 13));
    expect(machine.state).toEqual([]);
  });

  it("stops at a failed sync of the new file, and the old one is whole", async () => {
    const machine = new Machine({ snapshotEntries: 10 });
    await machine.after(20_000);
    await machine.grow(9);
    await machine.after(20_000);
    const { cluster } = machine.world;
    const failingSyncs = cluster.rng.stream("fails");
    const end = cluster.node("n1").disk.addEffect({ fault: "fsync", failingSyncs, touch: () => undefined });
    await machine.grow(3);
    await machine.after(20_000);
    end();
    expect(machine.world.states("process").at(-1)).toContain("n1 down");
    await machine.restart("kill");
    expect(machine.content).toEqual(range(1, 9));
  });

  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("grow" as const), count: fc.nat(6), open: fc.nat(4) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("install" as const),
        more: fc.integer({ min: 1, max: 8 }),
        contradicts: fc.boolean(),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), us: fc.nat(6_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("crash" as const, "kill" as const) }) },
  );
  const rules = fc.record({ orderFree: fc.boolean(), tornWrites: fc.boolean() });

  it(
    "has after any power loss or kill, at any moment, all that it said to be durable, and one whole history",
    { timeout: 60_000 },
    async () => {
      let restored = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.nat(),
          fc.constantFrom(1, 2, 5, 9),
          rules,
          fc.array(step, { minLength: 3, maxLength: 25 }),
          async (seed, snapshotEntries, effect: Partial<DiskEffect>, steps) => {
            const machine = new Machine({ seed: String(seed), snapshotEntries });
            machine.world.cluster.node("n1").disk.addEffect({ fault: "rules", touch: () => undefined, ...effect });
            await machine.after(20_000);
            const check = async (how: "crash" | "kill"): Promise<void> => {
              await machine.restart(how);
              const { histories, content } = machine;
              expect(machine.found(how), JSON.stringify({ histories, content })).toBeDefined();
              if (machine.log.snapshot !== undefined) restored++;
            };
            for (const one of steps) {
              if (one.do === "grow") await machine.grow(one.count, one.open);
              else if (one.do === "install") await machine.install(one.more, one.contradicts);
              else if (one.do === "wait") await machine.after(one.us);
              else await check(one.do);
            }
            await check("crash");
          },
        ),
        { numRuns: 200 },
      );
      expect(restored).toBeGreaterThan(100);
    },
  );
});
