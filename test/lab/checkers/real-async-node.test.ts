import { expect, it } from "vitest";
import type { NodeId } from "../../../src/system/ports/node.ts";
import { runReal, type Chaos, type RealRun } from "./real-cluster.ts";

const SECOND = 1_000_000;

/** The node that leads cut off both ways, with or without another; power losses, kills and pauses of anybody, at drawn times. */
function turmoil(chaos: Chaos): void {
  const anyNode = (): NodeId => chaos.ids[chaos.pick(chaos.ids.length)] as NodeId;
  for (let i = 0; i < 6; i++) {
    const at = 3 * SECOND + chaos.pick(12 * SECOND);
    chaos.at(at, () => {
      const minority = [...new Set([chaos.leader(), ...(chaos.pick(2) === 0 ? [anyNode()] : [])])];
      const others = chaos.ids.filter((id) => !minority.includes(id));
      const duration = 200_000 + chaos.pick(3 * SECOND);
      chaos.cut({ from: minority, to: others, at: at + 1, for: duration });
      if (chaos.pick(3) > 0) chaos.cut({ from: others, to: minority, at: at + 1, for: duration });
    });
  }
  for (let i = 0; i < 6; i++) {
    const kind = chaos.pick(3);
    chaos.at(3 * SECOND + chaos.pick(12 * SECOND), () => {
      const { cluster } = chaos;
      const id = chaos.pick(2) === 0 ? chaos.leader() : anyNode();
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
  return run.verdicts.flatMap(({ checker, verdict, reason, violation }) =>
    verdict === "violated" || verdict === "inconclusive" ? [`${checker}: ${violation?.message ?? String(reason)}`] : [],
  );
}

const seeds = (process.env["ASYNC_SEEDS"] ?? "1 2 3").split(" ");

it.each(seeds)("loses nothing silently, and leaves no replica on a chain of its own, in turmoil %s", async (seed) => {
  const run = await runReal({
    seed: `async-${seed}`,
    nodes: 5,
    duration: 24 * SECOND,
    config: { durability: "async" },
    plan: turmoil,
  });
  expect(complaints(run)).toEqual([]);
  for (const checker of ["no-lost-ack", "replica-lineage"])
    expect(run.verdicts.find((one) => one.checker === checker)).toMatchObject({ verdict: "holds" });
});
