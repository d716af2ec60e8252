// Whatever happens to a group, and whatever an operator does to it meanwhile: it stays safe, and comes back when it is let be.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../../../src/lab/checkers/catalogue.ts";
import { CheckerSet } from "../../../src/lab/checkers/checker-set.ts";
import type { GroupChange } from "../../../src/system/components/raft/group-config.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { raftWorld, type RaftWorld } from "./raft-world.ts";

const NODES = 5;
const IDS = Array.from({ length: NODES }, (_, i) => `n${String(i + 1)}`);
const SAFETY = [
  ...["election-safety", "log-matching", "leader-completeness", "state-machine-safety", "vote-durability"],
  ...["quorum-legality", "lease-disjointness"],
];
/** Who is a witness stays one; it is never asked to keep data. */
const WITNESS = "n3";

type Step =
  | { readonly do: "cut" | "heal"; readonly from: string; readonly to: string }
  | { readonly do: "crash" | "kill" | "restart" | "pause" | "resume" | "wipe"; readonly node: string }
  | { readonly do: "isolate"; readonly node: string }
  | { readonly do: "mend" }
  | { readonly do: "write" | "read" }
  | { readonly do: "transfer"; readonly to: string | undefined }
  | { readonly do: "change"; readonly change: GroupChange }
  | { readonly do: "wait"; readonly ms: number };

const node = fc.constantFrom(...IDS);
const change = fc.oneof(
  node.map((id): GroupChange => ({ remove: [nodeId(id)] })),
  node.map((id): GroupChange => (id === WITNESS ? { addWitnesses: [nodeId(id)] } : { addVoters: [nodeId(id)] })),
  node.map((id): GroupChange => ({ addLearners: [nodeId(id)] })),
  fc.tuple(node, fc.integer({ min: 0, max: 3 })).map(([id, weight]): GroupChange => ({ weights: { [id]: weight } })),
);
const lasting = fc.integer({ min: 1, max: 700 }).map((ms): Step => ({ do: "wait", ms }));
const gentle: fc.Arbitrary<Step>[] = [
  fc.tuple(node, node).map(([from, to]): Step => ({ do: "cut", from, to })),
  fc.tuple(node, node).map(([from, to]): Step => ({ do: "heal", from, to })),
  fc
    .tuple(fc.constantFrom("crash", "kill", "restart", "restart", "pause", "resume"), node)
    .map(([what, id]): Step => ({ do: what, node: id })),
  node.map((id): Step => ({ do: "isolate", node: id })),
  fc.constant<Step>({ do: "mend" }),
  fc.constantFrom<Step>({ do: "write" }, { do: "write" }, { do: "read" }),
  fc.option(node, { nil: undefined }).map((to): Step => ({ do: "transfer", to })),
  change.map((one): Step => ({ do: "change", change: one })),
  lasting,
  lasting,
  lasting,
];
const steps = (kinds: readonly fc.Arbitrary<Step>[]) => fc.array(fc.oneof(...kinds), { minLength: 10, maxLength: 60 });
const groups = fc.constantFrom(
  {},
  { voters: IDS.slice(0, 3).map(nodeId) },
  { witnesses: [nodeId(WITNESS)] },
  { weights: { n1: 2 }, learners: [nodeId("n5")] },
);
/** Now with a log that is whole, now with one of which a snapshot holds nearly everything. */
const setups = fc.record({ group: groups, snapshotEntries: fc.constantFrom(8_192, 1, 2, 5) });

class Chaos {
  readonly world: RaftWorld;
  readonly #checkers: CheckerSet;
  readonly #cuts = new Map<string, () => void>();
  #seq = 0;
  /** Reads that were confirmed, with what had been acknowledged before they were asked for. */
  stale = 0;
  #acked = 0;

  constructor({ group, seed, snapshotEntries }: { group: object; seed: string; snapshotEntries: number }) {
    this.#checkers = new CheckerSet({
      run: {
        nodes: IDS.map((id) => ({ id, program: "ha-node", role: "node" as const, config: { ...group } })),
        ...{ faults: [], endTime: 600_000_000, bounds: {} },
      },
      ...{ checks: SAFETY, catalogue: CATALOGUE },
    });
    this.world = raftWorld({ nodes: NODES, seed, group, snapshotEntries, listeners: this.#checkers.listeners });
  }

  async take(step: Step): Promise<void> {
    const { world } = this;
    const { cluster } = world;
    switch (step.do) {
      case "cut":
        if (step.from !== step.to) this.#cut(step.from, step.to);
        break;
      case "heal":
        this.#heal(`${step.from}>${step.to}`);
        break;
      case "isolate":
        for (const other of IDS) if (other !== step.node) this.#cutBoth(step.node, other);
        break;
      case "mend":
        this.mend();
        break;
      case "wipe":
        world.wipe(step.node);
        break;
      case "write":
      case "read":
        await this.#ask(step.do);
        break;
      case "transfer":
        for (const id of this.#leaders())
          await world.on(id, (raft) => {
            raft.transferTo(step.to === undefined ? undefined : nodeId(step.to));
          });
        break;
      case "change":
        for (const id of this.#leaders())
          await world.on(id, (raft) => {
            raft.reconfigure(step.change);
          });
        break;
      case "wait":
        await world.advance(step.ms);
        break;
      default:
        cluster[step.do](nodeId(step.node));
    }
  }

  mend(): void {
    for (const name of [...this.#cuts.keys()]) this.#heal(name);
  }

  /** Everybody runs, and hears everybody. */
  async calm(ms: number): Promise<void> {
    this.mend();
    for (const id of IDS) {
      this.world.cluster.resume(nodeId(id));
      this.world.cluster.restart(nodeId(id));
    }
    await this.world.advance(ms);
  }

  violations(): unknown[] {
    return this.#checkers
      .finish(600_000_000)
      .flatMap(({ checker, violation }) => (violation === undefined ? [] : [`${checker}: ${violation.message}`]));
  }

  async #ask(what: "write" | "read"): Promise<void> {
    for (const id of this.#leaders()) {
      const seq = what === "write" ? ++this.#seq : 0;
      const before = this.#acked;
      await this.world.on(id, (raft) => {
        if (what === "read")
          raft.readIndex((isConfirmed) => {
            const seen = Number(this.world.value(id, "k") ?? 0);
            if (isConfirmed && seen < before) this.stale++;
          });
        else
          raft.propose(
            { command: { operation: "write", key: "k", value: seq, epoch: raft.term }, client: "", seq: 0 },
            ({ status }) => {
              if (status === "committed" && seq > this.#acked) this.#acked = seq;
            },
          );
      });
    }
  }

  #leaders(): string[] {
    return IDS.filter((id) => this.world.cluster.node(id).state === "up" && this.world.raft(id).isLeader);
  }
  #cutBoth(a: string, b: string): void {
    this.#cut(a, b);
    this.#cut(b, a);
  }
  #cut(from: string, to: string): void {
    const name = `${from}>${to}`;
    if (!this.#cuts.has(name)) this.#cuts.set(name, this.world.cut(from, to));
  }
  #heal(name: string): void {
    this.#cuts.get(name)?.();
    this.#cuts.delete(name);
  }
}

interface Setup {
  readonly group: object;
  readonly snapshotEntries: number;
}

async function run(setup: Setup, seed: number, all: readonly Step[]): Promise<Chaos> {
  const chaos = new Chaos({ ...setup, seed: String(seed) });
  await chaos.world.advance(1_000);
  for (const step of all) await chaos.take(step);
  return chaos;
}

describe("a group under partitions, crashes, pauses, transfers and changes of its members", () => {
  it(
    "stays safe, and elects a leader that settles its configuration once it is let be",
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(setups, fc.nat(), steps(gentle), async (setup, seed, all) => {
          const chaos = await run(setup, seed, all);
          await chaos.calm(8_000);
          expect(chaos.violations()).toEqual([]);
          expect(chaos.stale).toBe(0);
          const leader = chaos.world.leader();
          expect(leader.hasLease).toBe(true);
          expect(leader.group.old).toEqual([]);
          for (const { id } of leader.group.members) expect(chaos.world.raft(id).group).toEqual(leader.group);
        }),
        { numRuns: 60 },
      );
    },
  );

  it("stays safe also when disks are lost", { timeout: 60_000 }, async () => {
    const harsh = [...gentle, node.map((id): Step => ({ do: "wipe", node: id }))];
    await fc.assert(
      fc.asyncProperty(setups, fc.nat(), steps(harsh), async (setup, seed, all) => {
        const chaos = await run(setup, seed, all);
        await chaos.calm(2_000);
        expect(chaos.violations()).toEqual([]);
        expect(chaos.stale).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
