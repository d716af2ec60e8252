import { at, defineInvariant, defineProgram, defineScenario, every, partition } from "faultline";

/** Leads when it has heard no smaller name for 300 ms. Nobody asks whether a majority hears it. */
const bully = defineProgram("bully", ({ id, peers, clock, timers, transport, observer }) => {
  let heardAt = 0;
  transport.subscribe(() => (heardAt = clock.monotonic()));
  every(timers, { name: "beat", periodMs: 100 }, () => {
    for (const peer of peers.filter((peer) => id < peer)) transport.send(peer, { type: "bully.alive" });
    observer.state("role", clock.monotonic() - heardAt > 300 ? "leader" : "follower");
  });
});
const oneLeader = defineInvariant("one-leader", "At most one node leads.", (nodes) => {
  return nodes.filter((node) => node.role === "leader").length < 2;
});
const nodes = [{ program: bully, count: 3 }];
const faults = [at("2s", partition({ shape: "split", groups: [["n1"], ["rest"]], for: "2s" }))];
export default defineScenario({ name: "two-leaders", nodes, faults, checks: [oneLeader], duration: "5s" });
