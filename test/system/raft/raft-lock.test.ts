import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../../../src/lab/checkers/catalogue.ts";
import { CheckerSet } from "../../../src/lab/checkers/checker-set.ts";
import type { Acquisition, HeldLock } from "../../../src/system/components/lock/lock-port.ts";
import { LockTable } from "../../../src/system/components/raft/lock-table.ts";
import { nodeId, type NodeEnv, type Program } from "../../../src/system/ports/node.ts";
import { silentObserver } from "../../../src/system/ports/observer.ts";
import type { Plain } from "../../../src/system/ports/transport.ts";
import { TestWorld, type WorldOptions } from "../../sim/world.ts";
import { LockMember } from "./raft-lock-world.ts";

const IDS = ["n1", "n2", "n3"] as const;
const CHECKS = ["lock-mutex", "lock-ownership", "fencing-grows", "election-safety", "state-machine-safety"];

type Body = (member: LockMember, env: NodeEnv) => Promise<void>;

const sleep = (env: NodeEnv, ms: number): Promise<void> =>
  new Promise((resolve) => env.timers.create("sleep", resolve).arm(ms));

/** Three members; each runs its body at each start. */
class LockGroup extends TestWorld {
  readonly members = new Map<string, LockMember>();
  readonly #checkers: CheckerSet;

  constructor(bodies: Readonly<Partial<Record<string, Body>>>, options: WorldOptions = {}) {
    const members = new Map<string, LockMember>();
    const program: Program = {
      name: "member",
      start(env) {
        const member = new LockMember(env);
        members.set(env.id, member);
        void bodies[env.id]?.(member, env);
        return {};
      },
    };
    const nodes = IDS.map((id) => ({
      id: nodeId(id),
      role: "node" as const,
      program,
      config: {},
      peers: IDS.filter((other) => other !== id).map(nodeId),
      clock: { offsetUs: 0, ppm: options.clocks?.[id]?.ppm ?? 0 },
    }));
    super(Object.fromEntries(IDS.map((id) => [id, () => undefined])), { ...options, strict: true, cluster: { nodes } });
    this.members = members;
    this.#checkers = new CheckerSet({
      checks: CHECKS,
      catalogue: CATALOGUE,
      run: {
        nodes: IDS.map((id) => ({ id, program: "member", role: "node", config: {} })),
        faults: [],
        endTime: 600_000_000,
        bounds: {},
      },
    });
    for (const listener of this.#checkers.listeners) this.cluster.trace.listen(listener);
  }

  get leader(): string {
    const leading = IDS.filter((id) => this.cluster.node(id).state === "up" && this.members.get(id)?.raft.isLeader);
    return leading[0] ?? "";
  }
  cut(a: string, b: string): () => void {
    const effect = { fault: "cut", cut: true, touch: () => undefined };
    const undo = [
      this.cluster.network.addEffect(nodeId(a), nodeId(b), effect),
      this.cluster.network.addEffect(nodeId(b), nodeId(a), effect),
    ];
    return () => undo.forEach((one) => one());
  }
  /** What the checkers complain about; ends the run. */
  complaints(): string[] {
    return this.#checkers
      .finish(this.kernel.now)
      .flatMap(({ checker, violation }) => (violation === undefined ? [] : [`${checker}: ${violation.message}`]));
  }
  /** `node value reason` of every change of `lock>job`. */
  get holds(): string[] {
    const last = new Map<string, string>();
    return this.records("state").flatMap(({ node, key, value, fields }) => {
      const line = [node, value, fields["reason"]].filter((part) => part !== undefined).join(" ");
      if (key !== "lock>job" || last.get(node) === `${line} ${String(fields["token"])}`) return [];
      last.set(node, `${line} ${String(fields["token"])}`);
      return [line];
    });
  }
}

/** Takes `job` at this time, ms, and keeps it. */
function taker(atMs: number, take: (got: Acquisition) => void, options = { ttlMs: 3_000, waitMs: 60_000 }): Body {
  return async ({ lock }, env) => {
    await sleep(env, atMs);
    take(await lock.acquire("job", options));
  };
}

describe("a lock kept by a group", () => {
  it("grants to one at a time, to the next after a release, by numbers of the log that grow", async () => {
    const seen: unknown[] = [];
    const world = new LockGroup({
      n1: async ({ lock }, env) => {
        await sleep(env, 3_000);
        const first = await lock.acquire("job");
        const busy = await lock.acquire("job");
        seen.push(first.outcome, busy.outcome);
        if (first.outcome === "granted") seen.push(await first.lock.release(), await first.lock.release());
        const next = await lock.acquire("job");
        if (first.outcome === "granted" && next.outcome === "granted")
          seen.push(next.lock.fencing > first.lock.fencing, next.lock.isHeld(), first.lock.isHeld());
      },
    });
    await world.run(5_000);
    expect(seen).toEqual(["granted", "busy", "released", "released", true, true, false]);
    expect(world.complaints()).toEqual([]);
  });

  it("outlives many TTLs and the death of its leader", async () => {
    const locks: HeldLock[] = [];
    const keep = (got: Acquisition): void => {
      if (got.outcome === "granted") locks.push(got.lock);
    };
    const world = new LockGroup({ n1: taker(3_000, keep), n2: taker(4_000, keep), n3: taker(4_000, keep) });
    world.at(10_000, () => {
      const leader = world.leader === "n1" ? "n2" : world.leader;
      world.cluster.crash(nodeId(leader));
    });
    await world.run(30_000);
    expect(locks.map((lock) => lock.isHeld())).toEqual([true]);
    expect(world.complaints()).toEqual([]);
  });

  it("comes free after a dead holder's time, whoever leads by then", async () => {
    const outcomes: string[] = [];
    const world = new LockGroup({
      n1: taker(3_000, (got) => outcomes.push(`n1 ${got.outcome}`), { ttlMs: 5_000, waitMs: 0 }),
      n2: taker(4_000, (got) => outcomes.push(`n2 ${got.outcome}`)),
    });
    world.at(4_500, () => world.cluster.crash(nodeId("n1")));
    await world.run(8_000);
    expect(outcomes).toEqual(["n1 granted"]);
    await world.run(11_500);
    expect(outcomes).toEqual(["n1 granted", "n2 granted"]);
    expect(world.complaints()).toEqual([]);
  });

  it("is lost by a holder that is cut off, before another has it", async () => {
    const world = new LockGroup({ n1: taker(3_000, () => undefined), n2: taker(4_000, () => undefined) });
    world.at(5_000, () => ["n2", "n3"].forEach((other) => world.cut("n1", other)));
    await world.run(15_000);
    expect(world.holds).toEqual(["n1 waiting", "n1 held", "n2 waiting", "n1 free expired", "n2 held"]);
    expect(world.complaints()).toEqual([]);
  });

  it("cannot be had without a majority (fail closed)", async () => {
    let got: Acquisition | undefined;
    const world = new LockGroup({ n1: taker(3_000, (one) => (got = one), { ttlMs: 3_000, waitMs: 2_000 }) });
    world.at(2_500, () => ["n2", "n3"].forEach((other) => world.cut("n1", other)));
    await world.run(10_000);
    expect(got).toMatchObject({ outcome: "unavailable", error: { code: "LOCK_PROPOSAL" } });
    expect(world.complaints()).toEqual([]);
  });

  it("has one holder at any instant, whatever is paused, cut, lost, late or dead", async () => {
    const spell = fc.record({
      node: fc.constantFrom(...IDS),
      kind: fc.constantFrom("pause", "cut", "crash"),
      fromMs: fc.integer({ min: 1_000, max: 12_000 }),
      forMs: fc.integer({ min: 1, max: 3_000 }),
    });
    const plan = fc.record({
      seed: fc.integer({ min: 0, max: 1_000_000 }).map(String),
      spells: fc.array(spell, { maxLength: 6 }),
      ppm: fc.record({
        n1: fc.integer({ min: -4_900, max: 4_900 }),
        n2: fc.integer({ min: -4_900, max: 4_900 }),
        n3: fc.integer({ min: -4_900, max: 4_900 }),
      }),
      lossPpm: fc.constantFrom(0, 20_000, 100_000),
    });
    let grants = 0;
    await fc.assert(
      fc.asyncProperty(plan, async ({ seed, spells, ppm, lossPpm }) => {
        const user: Body = async ({ lock }, env) => {
          for (;;) {
            await sleep(env, env.random.integer(0, 300));
            const got = await lock.acquire("job", { ttlMs: 700, waitMs: env.random.integer(0, 1) * 2_000 });
            if (got.outcome !== "granted") continue;
            grants++;
            await sleep(env, env.random.integer(0, 1_500));
            await got.lock.release();
          }
        };
        const world = new LockGroup(
          { n1: user, n2: user, n3: user },
          {
            seed,
            network: { lossPpm, latency: { uniform: { min: 500, max: 10_000 } } },
            clocks: Object.fromEntries(IDS.map((id) => [id, { ppm: ppm[id] }])),
          },
        );
        for (const { node, kind, fromMs, forMs } of spells) {
          const id = nodeId(node);
          world.at(fromMs, () => {
            if (kind === "pause") {
              world.cluster.pause(id);
              world.at(fromMs + forMs, () => world.cluster.resume(id));
            } else if (kind === "crash") {
              world.cluster.crash(id);
              world.at(fromMs + forMs, () => world.cluster.restart(id));
            } else {
              const undo = IDS.filter((other) => other !== node).map((other) => world.cut(node, other));
              world.at(fromMs + forMs, () => undo.forEach((one) => one()));
            }
          });
        }
        await world.run(16_000);
        expect(world.complaints()).toEqual([]);
      }),
      { numRuns: 30 },
    );
    expect(grants).toBeGreaterThan(300);
  });
});

describe("the table", () => {
  const entry = (index: number, command: object) => ({
    index,
    term: 1,
    type: "command" as const,
    command: command as Plain,
    client: "",
    seq: 0,
  });
  const acquire = (token: string, over = 0): object => ({
    operation: "lock.acquire",
    ...{ key: "k", token, ttlMs: 1_000, over },
  });
  const extend = (token: string): object => ({ operation: "lock.extend", key: "k", token, ttlMs: 1_000, over: 0 });
  const request = (token: string) => ({ operation: "lock.acquire" as const, key: "k", token, ttlMs: 1_000 });

  /** A table whose clock shows what the test says. */
  function tableAt(): { table: LockTable; at(ms: number): void } {
    let nowMs = 0;
    const clock = { wall: () => 0, monotonic: () => nowMs };
    return { table: new LockTable({ clock, observer: silentObserver }), at: (ms) => (nowMs = ms) };
  }

  it("is busy until the time of a grant, 1 % and 2 ms have passed here, and then names the entry it saw end", () => {
    const { table, at } = tableAt();
    table.apply(entry(5, acquire("a")));
    at(1_011);
    expect(table.prepare(request("b"))).toBeUndefined();
    at(1_012);
    expect(table.prepare(request("b"))).toMatchObject({ token: "b", over: 5 });
  });

  it("grants over the entry that was seen to end, and not when the grant was extended after that", () => {
    const { table } = tableAt();
    table.apply(entry(5, acquire("a")));
    expect(table.apply(entry(6, extend("a"))).result).toEqual({ outcome: "done", fencing: "" });
    expect(table.apply(entry(7, acquire("b", 5))).result).toEqual({ outcome: "busy", fencing: "" });
    expect(table.apply(entry(8, acquire("b", 6))).result).toEqual({ outcome: "granted", fencing: "8" });
    expect(table.apply(entry(9, extend("a"))).result).toEqual({ outcome: "lost", fencing: "" });
  });

  it("grants again to the same token, with the same number, and starts its time anew", () => {
    const { table, at } = tableAt();
    table.apply(entry(5, acquire("a")));
    at(900);
    expect(table.apply(entry(6, acquire("a")))).toEqual({
      result: { outcome: "granted", fencing: "5" },
      hasEffect: true,
    });
    at(1_100);
    expect(table.prepare(request("b"))).toBeUndefined();
  });

  it("does the same on every node, whatever its clock says", () => {
    const commands = fc.array(
      fc.record({
        operation: fc.constantFrom("lock.acquire", "lock.extend", "lock.release"),
        key: fc.constantFrom("k", "l"),
        token: fc.constantFrom("a", "b", "c"),
        ttlMs: fc.constant(1_000),
        over: fc.integer({ min: 0, max: 20 }),
      }),
    );
    fc.assert(
      fc.property(commands, fc.array(fc.nat(5_000)), (list, times) => {
        const [one, other] = [tableAt(), tableAt()];
        let isHeld = new Map<string, string>();
        list.forEach((command, i) => {
          other.at(times[i] ?? i);
          const a = one.table.apply(entry(i + 1, command));
          expect(other.table.apply(entry(i + 1, command))).toEqual(a);
          const { outcome } = a.result as { outcome: string };
          const holder = isHeld.get(command.key);
          if (command.operation !== "lock.acquire") expect(outcome === "done").toBe(holder === command.token);
          if (outcome === "granted") isHeld = new Map(isHeld).set(command.key, command.token);
          if (command.operation === "lock.release" && outcome === "done") isHeld.delete(command.key);
        });
      }),
    );
  });
});
