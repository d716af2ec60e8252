import { at, defineInvariant, defineScenario, partition, type Program } from "faultline";

/** Leads as soon as it has heard no smaller name for 300 ms: nobody asks whether a majority hears it. */
const bully: Program = {
  name: "bully",
  start({ id, peers, timers, transport, observer }) {
    const lead = timers.create("lead", () => observer.state("role", "leader"));
    const beat = timers.create("beat", () => {
      for (const peer of peers) transport.send(peer, { type: "bully.beat" });
      beat.arm(100);
    });
    transport.subscribe((from) => {
      if (from < id) observer.state("role", "follower");
      if (from < id) lead.arm(300);
    });
    lead.arm(300);
    beat.arm(0);
    return {};
  },
};

const oneLeader = defineInvariant("one-leader", "At most one node leads.", (nodes) => {
  return nodes.filter((node) => node.role === "leader").length < 2;
});

export default defineScenario({
  name: "two-leaders",
  nodes: [{ program: bully, count: 3 }],
  faults: [at("2s", partition({ shape: "split", groups: [["n1"], ["rest"]], for: "2s" }))],
  checks: [oneLeader],
  duration: "5s",
});
