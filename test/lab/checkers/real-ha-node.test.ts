import { expect, it } from "vitest";
import type { NodeId } from "../../../src/system/ports/node.ts";
import { runReal, type Chaos, type RealRun } from "./real-cluster.ts";

const SECOND = 1_000_000;

/** The leader and as many others as still make a minority, cut off from the rest both ways. */
function split(chaos: Chaos, at: number, duration: number): void {
  chaos.at(at, () => {
    const leader = chaos.leader();
    const followers = chaos.ids.filter((id) => id !== leader);
    const minority = [leader, ...followers.slice(0, Math.ceil(chaos.ids.length / 2) - 2)];
    const majority = chaos.ids.filter((id) => !minority.includes(id));
    chaos.cut({ from: minority, to: majority, at: at + 1, for: duration });
    chaos.cut({ from: majority, to: minority, at: at + 1, for: duration });
  });
}

function anyNode(chaos: Chaos): NodeId {
  return chaos.pick(2) === 0 ? chaos.leader() : (chaos.ids[chaos.pick(chaos.ids.length)] as NodeId);
}

/** Half-open and full cuts of single links, power losses, kills and pauses, at drawn times. */
function turmoil(chaos: Chaos): void {
  for (let i = 0; i < 8; i++) {
    const at = 3 * SECOND + chaos.pick(12 * SECOND);
    const duration = 100_000 + chaos.pick(4 * SECOND);
    const from = [anyNode(chaos)];
    const to = [chaos.ids[chaos.pick(chaos.ids.length)] as NodeId];
    chaos.cut({ from, to, at, for: duration });
    if (chaos.pick(2) === 0) chaos.cut({ from: to, to: from, at, for: duration });
  }
  for (let i = 0; i < 6; i++) {
    const kind = chaos.pick(3);
    chaos.at(3 * SECOND + chaos.pick(12 * SECOND), () => {
      const { cluster } = chaos;
      const id = anyNode(chaos);
      if (kind === 0) cluster.crash(id);
      else if (kind === 1) cluster.kill(id);
      else cluster.pause(id);
      chaos.at(cluster.kernel.now + 200_000 + chaos.pick(2 * SECOND), () => {
        if (kind === 2) cluster.resume(id);
        else cluster.restart(id);
      });
    });
  }
}

function complaints(run: RealRun): string[] {
  return run.verdicts.flatMap((one) =>
    one.violation === undefined
      ? one.verdict === "inconclusive"
        ? [`${one.checker}: ${String(one.reason)}`]
        : []
      : [`${one.checker}: ${one.violation.message}`],
  );
}

/** I01–I18 and I41–I44 are about what ha-node is made of; the others about locks, breakers, clocks and receipts. */
function isOfHaNode(invariant: string): boolean {
  const number = Number(invariant.slice(1));
  return number <= 18 || (number >= 41 && number <= 44);
}

it("finds nothing wrong with the real ha-node in a split, and exercises every rule but unfencing", async () => {
  const run = await runReal({
    seed: "split",
    nodes: 5,
    duration: 24 * SECOND,
    plan: (chaos) => {
      split(chaos, 6 * SECOND, 8 * SECOND);
    },
  });
  expect(complaints(run)).toEqual([]);
  const idle = run.verdicts.filter((one) => one.verdict === "not-exercised" && isOfHaNode(one.invariant));
  expect(idle.map((one) => one.checker)).toEqual(["no-premature-unfence"]);
});

it("finds nothing wrong when the old leader is elected again and unfenced", async () => {
  const run = await runReal({
    seed: "there-and-back",
    nodes: 3,
    duration: 40 * SECOND,
    plan: (chaos) => {
      for (let i = 0; i < 5; i++) split(chaos, (4 + 6 * i) * SECOND, 3 * SECOND);
    },
  });
  expect(complaints(run)).toEqual([]);
  expect(run.verdicts.find((one) => one.checker === "no-premature-unfence")).toMatchObject({ verdict: "holds" });
});

it.each([1, 2, 3])("finds nothing wrong in turmoil %i", async (seed) => {
  const run = await runReal({ seed: `turmoil-${String(seed)}`, nodes: 5, duration: 24 * SECOND, plan: turmoil });
  expect(complaints(run)).toEqual([]);
});

it("finds the window that the seeds' own behaviour leaves to be within its bound", async () => {
  const run = await runReal({
    seed: "compat",
    nodes: 5,
    duration: 24 * SECOND,
    config: { leases: "off" },
    plan: (chaos) => {
      split(chaos, 6 * SECOND, 8 * SECOND);
    },
  });
  expect(complaints(run)).toEqual([]);
  expect(run.verdicts.find((one) => one.checker === "lease-disjointness")).toMatchObject({
    verdict: "not-exercised",
    reason: "leases are off",
  });
});
