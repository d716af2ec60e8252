import { FailStopError } from "../../src/system/ports/errors.ts";
import type { Program } from "../../src/system/ports/node.ts";

export interface ProbeConfig {
  /** How it ends: not at all, in order, or by an error from one of the places where errors come from. */
  readonly act:
    "stay" | "throw-at-start" | "throw-in-timer" | "throw-in-handler" | "reject" | "fail-stop" | "fail-stop-async";
}

/** Shows what it was started with, and fails in the way it is told to. */
export const probe: Program<ProbeConfig> = {
  name: "probe",
  start(env, { act }) {
    const { observer, timers, transport } = env;
    observer.point("started", { id: env.id, incarnation: env.incarnation, peers: env.peers.join(" ") });
    transport.subscribe((from, message) => {
      observer.point("message", { from, type: message.type });
      if (act === "throw-in-handler") throw new Error("thrown in a handler");
    });
    const timer = timers.create("probe", () => {
      if (act === "throw-in-timer") throw new Error("thrown in a timer");
      if (act === "reject") void Promise.reject(new Error("rejected"));
      if (act === "fail-stop-async")
        void env.disk.sync("missing").catch(() => Promise.reject(new FailStopError("a sync failed")));
      if (act === "throw-in-handler") transport.send(env.id, { type: "probe.self" });
    });
    timer.arm(5);
    // Work that would go on: nothing of it may be seen after the failure.
    const tick = timers.create("tick", () => {
      observer.point("tick");
      tick.arm(20);
    });
    tick.arm(20);
    if (act === "throw-at-start") throw new Error("thrown at start");
    if (act === "fail-stop") throw new FailStopError("unsafe to go on");
    return { stop: () => observer.point("stopped in order") };
  },
};
