import { describe, expect, it } from "vitest";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import { StoryTeller, type StoryLimits } from "../../../src/lab/run/story.ts";

const SECOND = 1_000_000;

/** Tells what was written at seconds, as `time +since text (limit)`. */
function tell(
  write: (at: (seconds: number) => TraceWriter) => void,
  options: { end?: number; limits?: StoryLimits } = {},
): string[] {
  const story = new StoryTeller(options.limits);
  const trace = new TraceWriter({ keep: false, listeners: [story] });
  write((seconds) => {
    trace.time = Math.floor(seconds * SECOND);
    return trace;
  });
  return story.finish((options.end ?? 60) * SECOND).map((line) => {
    const since = line.since < 0 ? "" : ` +${String(line.since / SECOND)}`;
    return `${String(line.time / SECOND)}${since} ${line.text}${line.limit === "" ? "" : ` (${line.limit})`}`;
  });
}

type At = (seconds: number) => TraceWriter;

const split = {
  kind: "partition",
  spec: JSON.stringify({ shape: "split" }),
  groups: JSON.stringify([
    ["n1", "n2"],
    ["n3", "n4", "n5"],
  ]),
  roles: JSON.stringify({ leader: ["n1"] }),
};

/** One acknowledged write of c1, answered by `node`. */
function write(at: At, seconds: number, node: string): void {
  const invoke = at(seconds).invoke("c1", "write", "k1", { value: 1 });
  const reply = at(seconds).delivered("c1", node, 0, { type: "kv.reply", outcome: "ok" });
  const trace = at(seconds);
  trace.cause = reply;
  trace.complete("c1", invoke, "ok");
  trace.cause = -1;
}

function begin(at: At): void {
  for (const node of ["n2", "n3", "n4", "n5"]) at(0).state(0, node, "role", "follower", { term: 1, leader: "n1" });
  at(0.5).state(0, "n1", "role", "leader", { term: 1, leader: "n1", votes: "n1,n2,n3" });
  at(0.6).state(0, "n1", "writable", "yes", { epoch: 1 });
  at(0.6).state(0, "n1", "coordinator", "healthy");
  write(at, 1, "n1");
  write(at, 9.982, "n1");
}

describe("the story of a run", () => {
  it("tells a split from records alone: cut, write gate, fence, election, first write, heal", () => {
    const lines = tell(
      (at) => {
        begin(at);
        at(10).fault("start", "cut", split);
        at(10.225).state(0, "n1", "writable", "no", { reason: "no-lease" });
        at(10.25).point(0, "n1", "stale-leadership", { reason: "elected-without-quorum", term: 1 });
        at(10.25).state(0, "n1", "coordinator", "split_brain_detected");
        at(10.26).state(0, "n1", "fence", "fenced", { epoch: 1 });
        at(10.262).state(0, "n1", "role", "follower", { term: 1, leader: "" });
        at(11.362).state(0, "n3", "role", "leader", { term: 2, leader: "n3", votes: "n3,n4,n5" });
        for (const node of ["n4", "n5"]) at(11.4).state(0, node, "role", "follower", { term: 2, leader: "n3" });
        write(at, 11.49, "n3");
        write(at, 12, "n3");
        at(40).fault("stop", "cut", { touched: 100 });
        at(40.031).state(0, "n1", "role", "follower", { term: 2, leader: "n3" });
        at(40.04).state(0, "n2", "role", "follower", { term: 2, leader: "n3" });
        at(42.1).state(0, "n1", "coordinator", "healthy");
      },
      { limits: { lease: 225_000, states: new Map([["fence=fenced", 1_000_000]]) } },
    );
    expect(lines).toEqual([
      "10 The network splits: n1 n2 on one side, n3 n4 n5 on the other. n1 leads term 1.",
      "10.225 +0.225 n1 stops taking writes: a majority has not answered for one lease. (limit 0.225 s)",
      "10.25 +0.25 n1 notices that it leads without a quorum.",
      "10.26 +0.26 n1 fences itself and steps down to follower. (limit 1.000 s)",
      "11.362 +1.362 n3 is elected leader of term 2 by n3, n4 and n5.",
      "11.49 +1.49 n3 acknowledges its first write. Clients had waited 1.508 s for one.",
      "40 The network heals. n1 follows n3 after 0.031 s and is healthy after 2.100 s. n2 follows n3 after 0.040 s.",
    ]);
  });

  it("tells a leader that hands over from one that nobody answers", () => {
    const lines = tell((at) => {
      begin(at);
      at(10).fault("start", "full", { kind: "disk-full", spec: "{}", groups: JSON.stringify([["n1"]]), roles: "{}" });
      at(10.1).state(0, "n1", "health", "unhealthy", { reason: "disk_full" });
      at(10.1).point(0, "n1", "raft.transfer", { term: 1, target: "n2", outcome: "started" });
      at(10.1).state(0, "n1", "writable", "no", { reason: "no-lease" });
      at(10.2).point(0, "n1", "raft.transfer", { term: 1, target: "n2", outcome: "aborted" });
      at(10.3).state(0, "n1", "writable", "yes", { epoch: 1 });
      at(10.6).state(0, "n1", "writable", "no", { reason: "no-lease" });
    });
    expect(lines.slice(1)).toEqual([
      "10.1 +0.1 n1 is unhealthy: its disk is full.",
      "10.1 +0.1 n1 stops taking writes: it hands leadership over to n2.",
      "10.6 +0.6 n1 stops taking writes: a majority has not answered for one lease.",
    ]);
  });

  it("tells how a primary of its own right is promoted, and what the other had alone", () => {
    const lines = tell((at) => {
      begin(at);
      at(10).fault("start", "cut", split);
      at(10.225).state(0, "n1", "writable", "no", { reason: "no-lease" });
      at(10.3).state(0, "n1", "role", "follower", { term: 1, leader: "" });
      at(10.5).state(0, "n3", "role", "leader", { term: 2, leader: "n3", votes: "n3,n4,n5" });
      for (const node of ["n2", "n4", "n5"]) at(10.5).state(0, node, "role", "follower", { term: 2, leader: "n3" });
      at(10.5).point(0, "n3", "promotion.wait", { epoch: 2, policy: "wait-out", waitMs: 231 });
      at(11).point(0, "n3", "promotion.wait", { epoch: 2, policy: "isolate", waitMs: 231 });
      for (let i = 0; i < 2; i++) at(11.1).point(0, "n3", "isolation", { target: "n1", epoch: 2, confirmed: true });
      at(11.2).point(0, "n3", "isolation", { target: "n2", epoch: 2, confirmed: false });
      at(40).fault("stop", "cut", { touched: 100 });
      at(40.1).state(0, "n1", "role", "follower", { term: 2, leader: "n3" });
      at(40.2).point(0, "n1", "lost-found", { epoch: 2, path: "lost+found/2", txids: "4-1203" });
      at(40.2).point(0, "n2", "lost-found", { epoch: 2, path: "lost+found/2", txids: "4" });
      at(40.3).state(0, "n1", "replica", "streaming", { primary: "n3", epoch: 2 });
    });
    expect(lines.slice(4)).toEqual([
      "10.5 +0.5 n3 takes no writes for 0.231 s: then the old primary's lease is over for certain.",
      "11 +1 n3 takes no writes before the old primary is cut off for certain, or 0.231 s have passed.",
      "11.1 +1.1 The isolation device has cut n1 off.",
      "11.2 +1.2 Nobody confirms that n2 is cut off.",
      "40 The network heals. n1 follows n3 after 0.100 s and is on the primary's chain after 0.300 s.",
      "40.2 n1 has transactions 4-1203 that the primary has not: these 1,200 are lost to the cluster, and kept in lost+found/2.",
      "40.2 n2 has transaction 4 that the primary has not: it is lost to the cluster, and kept in lost+found/2.",
    ]);
  });

  it("tells of two that take writes at once, unless one of them is paused or down", () => {
    const lines = tell((at) => {
      begin(at);
      at(10).fault("start", "cut", split);
      at(11).state(0, "n3", "writable", "yes", { epoch: 2 });
      at(12).state(0, "n3", "writable", "no", { reason: "not-leader" });
      at(13).state(0, "n1", "process", "paused");
      at(14).state(0, "n4", "writable", "yes", { epoch: 3 });
      at(15).state(0, "n4", "process", "down", { reason: "crash" });
      at(16).state(0, "n5", "writable", "yes", { epoch: 4 });
    });
    expect(lines.filter((line) => line.includes("takes writes"))).toEqual([
      "11 +1 n3 takes writes, and n1 has not stopped.",
    ]);
  });

  it("tells what should be and is not", () => {
    const lines = tell((at) => {
      begin(at);
      at(10).fault("start", "cut", split);
      at(10.3).state(0, "n1", "role", "follower", { term: 1, leader: "" });
      at(40).fault("stop", "cut", { touched: 100 });
      at(41).state(0, "n3", "role", "leader", { term: 2, votes: "n3,n4,n5" });
      at(41.1).state(0, "n1", "role", "follower", { term: 2, leader: "" });
    });
    expect(lines).toContain("40 +30 No leader was elected in 29.700 s.");
    expect(lines.at(-1)).toMatch(/^60 n1.* not rejoined in 20\.000 s\.$/);
  });

  it("tells that the leader led throughout when a fault did not reach it", () => {
    const lines = tell((at) => {
      begin(at);
      at(10).fault("start", "cut", {
        ...split,
        groups: JSON.stringify([["n5"]]),
        spec: JSON.stringify({ shape: "isolate" }),
      });
      at(20).fault("stop", "cut", { touched: 3 });
    });
    expect(lines).toEqual([
      "10 n5 is cut off from everybody. n1 leads term 1.",
      "20 The network heals. n1 has led term 1 throughout.",
    ]);
  });

  it("tells faults of other kinds, and processes that died", () => {
    const fault = (kind: string, node: string) => ({ kind, spec: "{}", groups: JSON.stringify([[node]]), roles: "{}" });
    const lines = tell((at) => {
      at(1).fault("start", "off", fault("crash", "n1"));
      at(1).state(1, "n1", "process", "down", { reason: "crash" });
      at(2).fault("stop", "off", { touched: 1 });
      at(3).fault("start", "hold", fault("pause", "n2"));
      at(4).fault("stop", "hold", { touched: 1 });
      at(5).fault("start", "odd", fault("gremlin", "n3"));
      at(6).state(1, "n3", "process", "down", { reason: "uncaught", error: "TypeError: x is not a function" });
    });
    expect(lines).toEqual([
      "1 n1 loses power.",
      "2 n1 starts again.",
      "3 n2 is paused.",
      "4 n2 goes on.",
      "5 The fault odd (gremlin) starts on n3.",
      "6 +1 n3 dies of an uncaught error: TypeError: x is not a function",
    ]);
  });

  it("stays short when a link flaps for minutes", () => {
    const lines = tell(
      (at) => {
        begin(at);
        at(10).fault("start", "flap", { kind: "flap", spec: "{}", groups: JSON.stringify([["n1"]]), roles: "{}" });
        for (let i = 0; i < 100; i++) {
          at(11 + i).state(0, i % 2 === 0 ? "n1" : "n2", "role", "follower", { term: i + 1, leader: "" });
          at(11.5 + i).state(0, i % 2 === 0 ? "n2" : "n1", "role", "leader", { term: i + 2, votes: "n1,n2" });
        }
      },
      { end: 200 },
    );
    expect(lines.length).toBeLessThan(25);
    expect(lines.at(-1)).toBe("200 92 more elections by 200s.");
  });
});
