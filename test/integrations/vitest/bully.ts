import { defineInvariant } from "../../../src/lab/checkers/define-invariant.ts";
import { at, defineScenario, partition } from "../../../src/lab/scenario/dsl.ts";
import type { ScenarioInput } from "../../../src/lab/scenario/model.ts";
import { defineProgram } from "../../../src/system/programs/define-program.ts";
import { every } from "../../../src/system/programs/every.ts";

/** Leads when it has heard no smaller name for 300 ms. Nobody asks whether a majority hears it. */
const bully = defineProgram("test-bully", ({ id, peers, clock, timers, transport, observer }) => {
  let heardAt = 0;
  transport.subscribe(() => (heardAt = clock.monotonic()));
  every(timers, { name: "beat", periodMs: 100 }, () => {
    for (const peer of peers.filter((peer) => id < peer)) transport.send(peer, { type: "bully.alive" });
    observer.state("role", clock.monotonic() - heardAt > 300 ? "leader" : "follower");
  });
});

const oneLeader = defineInvariant("test-one-leader", "At most one node leads.", (nodes) => {
  return nodes.filter((node) => node.role === "leader").length < 2;
});

const parts = { nodes: [{ program: bully, count: 3 }], checks: [oneLeader], duration: "5s" };

/** Three bullies whom nothing breaks. */
export const quiet: ScenarioInput = defineScenario({ name: "quiet", ...parts, duration: "9s" });

/** The network splits, and there are two leaders. */
export const split: ScenarioInput = defineScenario({
  name: "split",
  ...parts,
  faults: [at("2s", partition({ id: "cut", shape: "split", groups: [["n1"], ["rest"]], for: "2s" }))],
});

/** The same, and two faults that it does not need. */
export const crowded: ScenarioInput = {
  ...split,
  name: "crowded",
  faults: [
    { id: "lossy", kind: "loss", rate: "1%", at: "1s", for: "3s", optional: true },
    ...(split.faults ?? []),
    { id: "skewed", kind: "skew", node: "n2", offset: "1s", at: "1s", for: "3s", optional: true },
  ],
};
