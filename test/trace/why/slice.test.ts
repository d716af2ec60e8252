import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTrace, encodeTrace } from "../../../src/trace/codec.ts";
import { Trace } from "../../../src/trace/trace.ts";
import { whySlice } from "../../../src/trace/why/slice.ts";
import { WHY_RECORDS_MAX } from "../../../src/trace/why/why-slice.ts";
import { rolesOf, Scene, told } from "./scene.ts";

/** n1 beats twice, is cut off from n2, and n2 takes over when its timer runs out. */
function takeover(): { scene: Scene; ids: Record<"heard" | "cut" | "drop" | "timer" | "vote" | "leads", number> } {
  const scene = new Scene();
  const first = scene.start("n1");
  scene.start("n2");
  scene.message(10, "n1", "n2", "raft.heartbeat", first);
  const heard = scene.message(20, "n1", "n2", "raft.heartbeat", first);
  const cut = scene.fault(25, "cut", "partition", ["n1", "n2"]);
  scene.lost(30, ["n1", "n2"], "raft.heartbeat", { cause: first, fault: "cut" });
  const drop = scene.lost(40, ["n1", "n2"], "raft.heartbeat", { cause: first, fault: "cut" });
  const timer = scene.timer(60, "n2", "election", heard);
  const vote = scene.message(60, "n2", "n3", "raft.vote", timer);
  const reply = scene.message(62, "n3", "n2", "raft.vote-reply", vote);
  const leads = scene.state(63, "n2", "role", "leader", reply);
  return { scene, ids: { heard, cut, drop, timer, vote, leads } };
}

describe("whySlice", () => {
  it("goes from the violation back over messages and timers to who armed them", () => {
    const { scene, ids } = takeover();
    const slice = scene.why(ids.leads);
    expect(rolesOf(slice)).toMatchObject({ [ids.leads]: "decisive", [ids.timer]: "cause", [ids.heard]: "cause" });
    expect(told(slice, ids.leads)).toMatchObject({ explains: -1, because: "here the rule was broken" });
    expect(told(slice, ids.vote).because).toBe("n3 was handling this message");
    expect(told(slice, ids.heard)).toMatchObject({
      explains: ids.timer,
      because: "n2 armed the timer when it heard this, 0.039 s before",
    });
  });

  it("calls the first message or timer before the violation decisive", () => {
    const { scene, ids } = takeover();
    const reply = ids.leads - 1;
    expect(told(scene.why(ids.leads), reply)).toMatchObject({ role: "decisive", explains: ids.leads });
    const candidate = scene.state(64, "n2", "role", "candidate", ids.timer);
    expect(rolesOf(scene.why(candidate))).toMatchObject({ [ids.timer]: "decisive" });
  });

  it("tells which messages a timer waited for in vain, and the fault that took them", () => {
    const { scene, ids } = takeover();
    const slice = scene.why(ids.leads);
    expect(told(slice, ids.drop)).toEqual({
      index: ids.drop,
      role: "missing",
      explains: ids.timer,
      because: "the last of 2 messages in a row from n1 to n2 that did not arrive (partition, by cut)",
    });
    expect(told(slice, ids.cut)).toMatchObject({ role: "fault", explains: ids.drop });
    expect(slice.faults).toEqual([{ id: "cut", kind: "partition", isOnTheWay: true }]);
  });

  it("leaves out what was lost before the timer was armed, and what was lost between others", () => {
    const scene = new Scene();
    const start = scene.start("n1");
    const early = scene.lost(5, ["n1", "n2"], "beat", { cause: start, fault: "old" });
    const heard = scene.message(10, "n1", "n2", "beat", start);
    const elsewhere = scene.lost(15, ["n1", "n3"], "beat", { cause: start, fault: "other" });
    const timer = scene.timer(40, "n2", "election", heard);
    const roles = rolesOf(scene.why(scene.state(40, "n2", "role", "candidate", timer)));
    expect(roles[early]).toBeUndefined();
    expect(roles[elsewhere]).toBeUndefined();
  });

  it("prefers, of what a silent link lost, the protocol that armed the timer", () => {
    const scene = new Scene();
    const start = scene.start("n1");
    const heard = scene.message(10, "n1", "n2", "raft.heartbeat", start);
    const beat = scene.lost(20, ["n1", "n2"], "raft.heartbeat", { cause: start, fault: "cut" });
    const ping = scene.lost(30, ["n1", "n2"], "detector.ping", { cause: start, fault: "cut" });
    const timer = scene.timer(40, "n2", "election", heard);
    const broken = scene.state(40, "n2", "role", "candidate", timer);
    const slice = whySlice(scene.trace, scene.violation(broken, { nodes: [] }));
    expect(rolesOf(slice)).toMatchObject({ [beat]: "missing" });
    expect(rolesOf(slice)[ping]).toBeUndefined();
  });

  it("says of a link that is heard again that it is not silent", () => {
    const scene = new Scene();
    const start = scene.start("n1");
    const drop = scene.lost(10, ["n1", "n2"], "beat", { cause: start, fault: "cut" });
    const stale = scene.state(11, "n2", "role", "leader", start);
    expect(rolesOf(scene.why(stale))[drop]).toBe("missing");
    scene.message(20, "n1", "n2", "beat", start);
    const fresh = scene.state(30, "n2", "role", "follower", start);
    expect(rolesOf(scene.why(fresh))[drop]).toBeUndefined();
  });

  it("goes from a message to a dead process on to what killed it", () => {
    const scene = new Scene();
    const start = scene.start("n1");
    scene.start("n2");
    const heard = scene.message(5, "n2", "n1", "ack", start);
    const crash = scene.fault(10, "power", "crash", ["n2"]);
    const down = scene.process(10, "n2", "down", crash);
    const drop = scene.lost(20, ["n1", "n2"], "beat", { cause: start, reason: "crashed" });
    const timer = scene.timer(60, "n1", "lease", heard);
    const slice = scene.why(scene.state(60, "n1", "lease", "expired", timer));
    expect(rolesOf(slice)).toMatchObject({ [drop]: "missing", [down]: "cause", [crash]: "fault" });
    expect(slice.faults).toEqual([{ id: "power", kind: "crash", isOnTheWay: true }]);
  });

  it("tells a beat that repeats once, where it is nearest", () => {
    const scene = new Scene();
    const start = scene.start("n1");
    const elected = scene.message(1, "n2", "n1", "raft.vote-reply", start);
    let beat = scene.timer(10, "n1", "heartbeat", elected);
    for (let i = 2; i <= 500; i++) beat = scene.timer(i * 10, "n1", "heartbeat", beat);
    const slice = scene.why(scene.sent(5_000, "n1", "n2", "raft.heartbeat", beat));
    expect(slice.records.map(({ index }) => index)).toEqual([start, elected - 1, elected, beat, beat + 1]);
    expect(told(slice, elected).explains).toBe(beat);
  });

  it("finds a fault however far back it is", () => {
    const scene = new Scene();
    const restart = scene.fault(1, "power", "crash", ["n1"]);
    let last = scene.process(2, "n1", "up", restart);
    for (let i = 0; i < 200; i++) last = scene.message(10 + i, "n1", "n1", `step.${String(i)}`, last);
    const slice = scene.why(scene.state(500, "n1", "role", "leader", last));
    expect(told(slice, restart)).toMatchObject({ role: "fault", because: "far back on the way to it" });
    expect(slice.records.length).toBeLessThanOrEqual(WHY_RECORDS_MAX);
  });

  it("names a fault that was in force at a node of the slice, though no cause leads to it, and no other", () => {
    const scene = new Scene();
    const start = scene.start("n1");
    const slow = scene.fault(5, "slow", "delay", ["n1"]);
    scene.touch(6, "slow", slow);
    const inert = scene.fault(7, "inert", "delay", ["n1"]);
    const elsewhere = scene.fault(8, "elsewhere", "delay", ["n4"]);
    scene.touch(9, "elsewhere", elsewhere);
    scene.faultStop(12, "slow", slow);
    const slice = scene.why(scene.state(20, "n1", "role", "leader", start));
    expect(slice.faults).toEqual([{ id: "slow", kind: "delay", isOnTheWay: false }]);
    expect(told(slice, slow).because).toBe("it had touched nodes of the slice; in force until 0.012 s");
    expect(rolesOf(slice)[inert]).toBeUndefined();
    expect(rolesOf(slice)[elsewhere]).toBeUndefined();
  });

  it("tells what the verdict names beside the violation, and what led to it", () => {
    const scene = new Scene();
    const start = scene.start("n1");
    const vote = scene.message(5, "n3", "n1", "raft.vote-reply", start);
    const other = scene.state(6, "n1", "role", "leader", vote);
    const broken = scene.state(9, "n2", "role", "leader", scene.start("n2"));
    const slice = scene.why(broken, { related: [other], nodes: ["n1", "n2"] });
    expect(rolesOf(slice)).toMatchObject({ [other]: "decisive", [vote]: "decisive" });
    expect(told(slice, other)).toMatchObject({ explains: -1, because: "the verdict names it" });
  });

  it("tells the same state of a node that the verdict speaks of without a record", () => {
    const scene = new Scene();
    const first = scene.start("n1");
    const lease = scene.state(5, "n1", "lease", "valid", first);
    scene.state(6, "n1", "view", "n2", first);
    const broken = scene.state(9, "n2", "lease", "valid", scene.start("n2"));
    const slice = scene.why(broken, { nodes: ["n1", "n2"] });
    expect(told(slice, lease)).toMatchObject({ role: "cause", explains: broken });
  });

  it("looks for what was missing up to the deadline that passed", () => {
    const scene = new Scene();
    const start = scene.start("n1");
    const role = scene.state(1, "n1", "role", "follower", start);
    const drop = scene.lost(500, ["n2", "n1"], "raft.vote", { cause: start, fault: "cut" });
    const later = scene.lost(900, ["n2", "n1"], "raft.vote", { cause: start, fault: "cut" });
    const slice = scene.why(role, { time: 600_000 });
    expect(rolesOf(slice)).toMatchObject({ [role]: "decisive", [drop]: "missing" });
    expect(rolesOf(slice)[later]).toBeUndefined();
    expect(told(slice, role).because).toBe("the rule was broken at 0.600 s, when this was the last that counted");
  });

  it("has at most 40 records, which explain each other up to the violation, and keeps what weighs most", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { minLength: 60, maxLength: 300 }),
        fc.infiniteStream(fc.nat(9)),
        (kinds, picks) => {
          const scene = new Scene();
          const cut = scene.fault(0, "cut", "partition", ["n1", "n2"]);
          const pick = (): number => (picks.next() as IteratorYieldResult<number>).value;
          let last = scene.start("n1");
          kinds.forEach((kind, i) => {
            const node = `n${String(1 + (pick() % 4))}`;
            const cause = pick() < 7 ? last : Math.max(0, last - pick());
            if (kind === 0) last = scene.timer(i, node, `timer ${String(i)}`, cause);
            else if (kind === 1) scene.lost(i, [node, "n1"], "beat", { cause, fault: "cut" });
            else if (kind === 2) last = scene.message(i, node, "n1", `type.${String(i)}`, cause);
            else if (kind === 3) last = scene.process(i, node, pick() < 5 ? "down" : "up", cut);
            else last = scene.state(i, node, `key ${String(kind)}`, String(pick()), cause);
          });
          const related = [Math.floor(last / 2), Math.floor(last / 3)];
          const slice = scene.why(last, { related, nodes: ["n1", "n2", "n3"] });
          const ids = new Set(slice.records.map(({ index }) => index));
          expect(ids.size).toBe(slice.records.length);
          expect(ids.size).toBeLessThanOrEqual(WHY_RECORDS_MAX);
          expect(slice.left === 0 || ids.size === WHY_RECORDS_MAX).toBe(true);
          for (const id of [last, ...related]) expect(ids).toContain(id);
          for (const { explains } of slice.records) expect(explains === -1 || ids.has(explains)).toBe(true);
          if (slice.faults.length > 0) expect(ids).toContain(cut);
        },
      ),
    );
  });

  it("says the same of records that were stored and read back", () => {
    const { scene, ids } = takeover();
    const read = decodeTrace(encodeTrace(scene.trace));
    expect(whySlice(read, scene.violation(ids.leads))).toEqual(scene.why(ids.leads));
  });

  it("reads a number of cells that grows with the records, not with their square", () => {
    const cellsOf = (beats: number): number => {
      const scene = new Scene();
      let beat = scene.start("n1");
      for (let i = 1; i <= beats; i++) {
        beat = scene.timer(i, "n1", "heartbeat", beat);
        scene.lost(i, ["n1", "n2"], "raft.heartbeat", { cause: beat, fault: "cut" });
        beat = scene.message(i, "n1", "n3", `type.${String(i % 50)}`, beat);
      }
      const counting = new CountingTrace(scene.trace);
      whySlice(counting, scene.violation(scene.state(beats + 1, "n3", "role", "leader", beat)));
      return counting.reads;
    };
    expect(cellsOf(4_000) / cellsOf(2_000)).toBeLessThan(2.2);
  });
});

/** Counts how often a cell of another trace is read. */
class CountingTrace extends Trace {
  reads = 0;
  readonly #trace: Trace;
  constructor(trace: Trace) {
    super();
    this.#trace = trace;
    this.count = trace.count + 1;
    this.strings.push(...trace.strings.slice(1));
  }
  override cell(id: number, column: number): number {
    this.reads++;
    return this.#trace.cell(id, column);
  }
  override body(id: number): ReturnType<Trace["body"]> {
    return this.#trace.body(id);
  }
}
