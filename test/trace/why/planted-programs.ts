import {
  at,
  defineInvariant,
  defineProgram,
  defineScenario,
  delay,
  every,
  partition,
  pause,
} from "../../../src/index.ts";
import type { ScenarioInput } from "../../../src/lab/scenario/model.ts";

/** Leads when it has heard no smaller name for 300 ms. Nobody asks whether a majority hears it. */
const bully = defineProgram("planted-bully", ({ id, peers, clock, timers, transport, observer }) => {
  let heardAt = 0;
  transport.subscribe(() => (heardAt = clock.monotonic()));
  every(timers, { name: "beat", periodMs: 100 }, () => {
    for (const peer of peers.filter((peer) => id < peer)) transport.send(peer, { type: "bully.alive" });
    observer.state("role", clock.monotonic() - heardAt > 300 ? "leader" : "follower");
  });
});

/** n1 holds a lease that it renews with n2, which takes it when it was not renewed for 300 ms. n1 never looks at its own clock. */
const holder = defineProgram("planted-holder", ({ id, timers, transport, observer }) => {
  if (id === "n1") {
    observer.state("lease", "held");
    every(timers, { name: "renewal", periodMs: 100 }, () => {
      transport.send("n2" as typeof id, { type: "lease.renew" });
    });
    return;
  }
  const expiry = timers.create("expiry", () => {
    observer.state("lease", "held");
  });
  expiry.arm(300);
  transport.subscribe(() => {
    expiry.arm(300);
  });
});

/** n1 opens a door at n2, shuts it, and takes it for shut a second later. Nothing says that an order is old. */
const door = defineProgram("planted-door", ({ id, timers, transport, observer }) => {
  if (id === "n2") {
    transport.subscribe((_from, message) => {
      observer.state("door", message.type === "door.open" ? "open" : "shut");
    });
    return;
  }
  const send = (type: string) => () => {
    transport.send("n2" as typeof id, { type });
  };
  timers.create("open", send("door.open")).arm(1_000);
  timers.create("shut", send("door.shut")).arm(1_200);
  const believe = timers.create("believe", () => {
    observer.state("door", "shut");
  });
  believe.arm(2_200);
});

const oneLeader = defineInvariant("one-bully", "At most one node leads.", (nodes) => {
  return nodes.filter(({ role }) => role === "leader").length < 2;
});
const oneHolder = defineInvariant("one-holder", "At most one running node holds the lease.", (nodes) => {
  return nodes.filter(({ lease }) => lease === "held").length < 2;
});
const noDraught = defineInvariant("no-draught", "A door taken for shut is shut.", (nodes) => {
  return !(nodes.some(({ door }) => door === "shut") && nodes.some(({ door }) => door === "open"));
});

export const bullies: ScenarioInput = defineScenario({
  name: "bullies",
  nodes: [{ program: bully, count: 3 }],
  faults: [at("2s", partition({ id: "cut", shape: "split", groups: [["n1"], ["rest"]], for: "2s" }))],
  checks: [oneLeader],
  duration: "5s",
});

export const pausedHolder: ScenarioInput = defineScenario({
  name: "paused-holder",
  nodes: [{ program: holder, count: 2 }],
  faults: [at("2s", pause({ id: "nap", node: "n1", for: "1s" }))],
  checks: [oneHolder],
  duration: "5s",
});

export const lateOrder: ScenarioInput = defineScenario({
  name: "late-order",
  nodes: [{ program: door, count: 2 }],
  faults: [{ ...at("900ms", delay({ id: "slow", links: [["n1", "n2"]], by: "3s" })), for: "200ms" }],
  checks: [noDraught],
  duration: "6s",
});
