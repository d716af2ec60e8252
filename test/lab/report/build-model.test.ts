import { describe, expect, it } from "vitest";
import { PointFold } from "../../../src/lab/report/fold-points.ts";
import { encodeModel } from "../../../src/lab/report/data-block.ts";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import type { ReportModel } from "../../../src/lab/report/model.ts";
import { stateAt } from "../../../src/lab/report/state-at.ts";
import { writeGaps, writeOverlaps } from "../../../src/lab/report/write-row.ts";
import type { StoryLine } from "../../../src/trace/result.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import { syntheticRun } from "./synthetic.ts";

const healthy = syntheticRun();
const model = buildModel(healthy.result, healthy.trace);
const failing = syntheticRun({ isFailing: true });

/** A model of hand-written records: one node per name, `end` µs long. */
function modelOf(
  names: readonly string[],
  end: number,
  write: (writer: TraceWriter) => void,
  story: readonly StoryLine[] = [],
): ReportModel {
  const writer = new TraceWriter({ keep: true });
  write(writer);
  const nodes = names.map((id) => ({ id, program: "own", role: "node" as const, config: {} }));
  const { result } = healthy;
  return buildModel({ ...result, nodes, faults: [], story, verdicts: [], endTime: end }, writer.trace as Trace);
}

function bandsOf(from: ReportModel, node: string, key: string): (readonly [number, number, string])[] {
  const lane = from.nodes.find((candidate) => candidate.id === node);
  return (lane?.states.find((track) => track.key === key)?.bands ?? []).map(
    (band) => [band.from, band.to, band.words] as const,
  );
}

describe("bands", () => {
  it("follow each other without gaps, with role and term in words", () => {
    expect(bandsOf(model, "n1", "role")).toEqual([
      [0, 10_236_000, "leader, term 1"],
      [10_236_000, 40_031_000, "follower, no leader"],
      [40_031_000, 60_000_000, "follower of n3, term 2"],
    ]);
  });

  it("put write access and fence in one row when they never overlap", () => {
    expect(model.nodes[0]?.rows).toEqual([["writable", "fence"], ["coordinator"]]);
  });

  it("merge a state that is written anew with the same words", () => {
    const leases = modelOf(["a"], 100, (writer) => {
      for (let time = 0; time < 50; time += 10) {
        writer.time = time;
        writer.state(0, "a", "lease", "valid", { term: 1, untilMs: time + 20, leftMs: 20 });
      }
    });
    expect(bandsOf(leases, "a", "lease")).toEqual([[0, 100, "L"]].map(() => [0, 100, "valid"]));
  });

  it("end when the process goes down, and stay through a pause", () => {
    const down = modelOf(["a"], 100, (writer) => {
      writer.state(0, "a", "role", "leader", { term: 1 });
      writer.time = 20;
      writer.state(1, "a", "process", "paused", { incarnation: 1, reason: "pause" });
      writer.time = 30;
      writer.state(1, "a", "process", "up", { incarnation: 1, reason: "resume" });
      writer.time = 60;
      writer.state(1, "a", "process", "down", { incarnation: 1, reason: "crash" });
      writer.time = 80;
      writer.state(1, "a", "process", "up", { incarnation: 2, reason: "restart" });
    });
    expect(bandsOf(down, "a", "role")).toEqual([[0, 60, "leader, term 1"]]);
    expect(down.nodes[0]?.process.map(({ from, to, kind, after }) => [from, to, kind, after])).toEqual([
      [20, 30, "paused", ""],
      [60, 80, "down", "incarnation 2"],
    ]);
  });

  it("take the first state of a program without roles as its main band, and show the others that change", () => {
    const own = modelOf(["a"], 100, (writer) => {
      writer.state(0, "a", "phase", "warming_up");
      writer.state(0, "a", "colour", "green");
      writer.state(0, "a", "size", "small");
      writer.time = 50;
      writer.state(0, "a", "colour", "red");
    });
    expect(own.nodes[0]?.mainKey).toBe("phase");
    expect(bandsOf(own, "a", "phase")).toEqual([[0, 100, "warming up"]]);
    expect(own.nodes[0]?.rows).toEqual([["colour"]]);
    expect(own.writers).toBeUndefined();
  });
});

describe("the may-write row", () => {
  it("covers the whole run and has the gap between the two leaders", () => {
    const writers = model.writers ?? [];
    expect(writers[0]?.from).toBe(0);
    expect(writers[writers.length - 1]?.to).toBe(60_000_000);
    expect(writeGaps(writers)).toEqual([{ from: 10_214_000, to: 10_642_000, before: 0, after: 2 }]);
    expect(writeOverlaps(writers)).toEqual([]);
  });

  it("shows two writers as an overlap, which is then the headline", () => {
    const bad = buildModel(failing.result, failing.trace);
    expect(writeOverlaps(bad.writers ?? [])).toEqual([{ from: 10_642_000, to: 10_980_000, writers: [0, 2] }]);
    expect(bad.headline).toBe("Two nodes could write for 0.338 s");
  });
});

describe("messages", () => {
  it("are one row a copy: as many as were delivered, dropped and still on their way", () => {
    const fate = Array.from(model.messages.fate);
    const took = Array.from(model.messages.took);
    const count = (wanted: (value: number) => boolean): number => fate.filter(wanted).length;
    const { sent, delivered, dropped } = healthy.result.counts;
    expect(count((value) => value === -1)).toBe(delivered);
    expect(count((value) => value >= 0)).toBe(dropped);
    expect(fate.length).toBe(sent);
    expect(took.every((value) => value >= 0)).toBe(true);
  });

  it("count drops by cause", () => {
    expect(model.dropCauses).toEqual([
      { reason: "partition", fault: "cut", words: "lost to the cut", count: healthy.result.counts.dropped },
    ]);
  });

  it("mark the votes that made a leader as decisive, and heartbeats not", () => {
    const decisive = Array.from(model.messages.flags).flatMap((flags, index) =>
      (flags & 1) === 1 ? [model.messageTypes[model.messages.type[index] as number]?.name] : [],
    );
    expect(new Set(decisive)).toEqual(new Set(["raft.vote", "raft.vote-reply"]));
    expect(decisive.length).toBeGreaterThan(0);
    expect(decisive.length).toBeLessThan(10);
  });

  it("tell a second copy and one in flight at the end", () => {
    const copies = modelOf(["a", "b"], 100, (writer) => {
      const twice = writer.sent("a", "b", { type: "own.note" });
      writer.duplicated("b", "a", twice, { type: "own.note" }, "dup");
      writer.time = 10;
      writer.delivered("b", "a", twice, { type: "own.note" });
      writer.time = 15;
      writer.delivered("b", "a", twice, { type: "own.note" });
      writer.time = 90;
      writer.sent("b", "a", { type: "own.answer" });
    });
    const { sent, took, fate, flags } = copies.messages;
    expect([sent, took, fate, flags].map((column) => Array.from(column))).toEqual([
      [0, 0, 90],
      [10, 15, 10],
      [-1, -1, -2],
      [0, 2, 0],
    ]);
  });
});

describe("clients", () => {
  it("have every operation with its outcome", () => {
    const outcomes = model.clients.flatMap((lane) => Array.from(lane.operations.outcome));
    const count = (outcome: number): number => outcomes.filter((value) => value === outcome).length;
    const { ok, fail, info } = healthy.result.counts;
    expect([count(0), count(1), count(2)]).toEqual([ok, fail, info]);
    expect(model.clients.map((lane) => lane.id)).toEqual(["c1", "c2", "c3"]);
  });

  it("leave an operation open that never returned", () => {
    const open = modelOf(["a"], 100, (writer) => {
      writer.time = 40;
      writer.invoke("c", "write", "x", { value: 1 });
    });
    expect(open.clients[0]?.operations).toEqual({
      cause: [-1],
      call: [40],
      end: [100],
      outcome: [3],
      words: [0],
      record: [0],
    });
    expect(open.operationWords).toEqual(["x=1"]);
  });

  it("add up to the acknowledged writes of each second", () => {
    const { counts, bucket } = model.acknowledgedPerSecond;
    expect(bucket).toBe(1_000_000);
    expect(counts.length).toBe(60);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(model.acknowledged.length);
    expect(counts[10]).toBeLessThan(counts[9] as number);
  });
});

describe("lanes and sides", () => {
  it("stand by group of the first partition, numbers in names by size", () => {
    const { result, trace } = healthy;
    const [fault] = result.faults;
    const swapped = buildModel(
      {
        ...result,
        faults: [
          {
            ...(fault as NonNullable<typeof fault>),
            groups: [
              ["n4", "n2"],
              ["n1", "n3", "n5"],
            ],
          },
        ],
      },
      trace,
    );
    expect(swapped.nodes.map((lane) => lane.id)).toEqual(["n2", "n4", "n1", "n3", "n5"]);
    expect(swapped.nodes.map((lane) => lane.group)).toEqual([0, 0, 1, 1, 1]);
    expect(modelOf(["n10", "n9", "n1"], 10, () => undefined).names).toEqual(["n1", "n9", "n10"]);
  });

  it("know when the links were cut and which leader is old and new", () => {
    expect(model.partitions).toEqual([
      {
        fault: "cut",
        from: 10_000_000,
        to: 40_000_000,
        groups: [
          [0, 1],
          [2, 3, 4],
        ],
        cuts: [{ from: 10_000_000, to: 40_000_000 }],
        open: "none",
      },
    ]);
    expect(model.nodes.map((lane) => lane.note)).toEqual(["old leader", "", "new leader", "", ""]);
  });

  it("tell one way that stays open", () => {
    const { result } = healthy;
    const writer = new TraceWriter({ keep: true });
    writer.time = 10_000_000;
    for (const a of ["n1", "n2"])
      for (const b of ["n3", "n4", "n5"]) writer.state(1, a, `link>${b}`, "cut", { fault: "cut" });
    expect(buildModel(result, writer.trace as Trace).partitions[0]?.open).toBe("second-to-first");
  });

  it("leave no side to groups that overlap", () => {
    const { result, trace } = healthy;
    const [fault] = result.faults;
    const bridge = buildModel(
      {
        ...result,
        faults: [
          {
            ...(fault as NonNullable<typeof fault>),
            groups: [
              ["n1", "n2", "n3"],
              ["n3", "n4", "n5"],
            ],
          },
        ],
      },
      trace,
    );
    expect(bridge.partitions).toEqual([]);
    expect(bridge.faults).toHaveLength(1);
  });
});

describe("what is shown first", () => {
  it("is one election timeout before the first fault to four after, and the moment when nobody could write", () => {
    expect(model.window).toEqual({ from: 9_700_000, to: 11_200_000 });
    expect(model.cursor).toBe(10_428_000);
  });

  it("takes the rhythm of heartbeats when no program tells its election timeout", () => {
    const { result, trace } = healthy;
    const silent = { ...result, nodes: result.nodes.map((node) => ({ ...node, config: {} })) };
    expect(buildModel(silent, trace).window).toEqual({ from: 9_700_000, to: 11_200_000 });
  });

  it("is the violation when it lies elsewhere", () => {
    const { result, trace } = failing;
    const late = {
      ...result,
      verdicts: result.verdicts.map((verdict) =>
        verdict.violation === undefined
          ? verdict
          : { ...verdict, violation: { ...verdict.violation, time: 50_000_000 } },
      ),
    };
    const { window } = buildModel(late, trace);
    expect(window).toEqual({ from: 49_250_000, to: 50_750_000 });
  });

  it("is the story where no program says who may write, without what comes long after the rest", () => {
    const windowOf = (...times: readonly number[]): ReportModel["window"] => {
      const story = times.map((time) => ({ time, since: -1, text: String(time), limit: "", record: -1 }));
      return modelOf(["a"], 60_000_000, (writer) => writer.state(0, "a", "phase", "idle"), story).window;
    };
    expect(windowOf(4_000_000, 6_000_000, 25_000_000, 50_000_000)).toEqual({ from: 3_300_000, to: 25_700_000 });
    expect(windowOf(4_000_000, 5_000_000, 6_000_000)).toEqual({ from: 3_000_000, to: 8_000_000 });
  });

  it("tells steps in a row that read the same as one", () => {
    const { result, trace } = healthy;
    const line = (time: number, text: string): StoryLine => ({ time, since: -1, text, limit: "", record: -1 });
    const story = [line(1_000_000, "It fails."), line(2_000_000, "It fails."), line(3_000_000, "It works.")];
    expect(buildModel({ ...result, story }, trace).story.map(({ number, text }) => [number, text])).toEqual([
      [1, "It fails; 2 times, until 2.000 s."],
      [2, "It works."],
    ]);
  });

  it("numbers the story with a violation it does not tell itself", () => {
    const { story } = buildModel(failing.result, failing.trace);
    expect(story.map((item) => item.number)).toEqual([1, 2, 3, 4, 5]);
    expect(story.filter((item) => item.isBad).map((item) => item.time)).toEqual([10_642_000]);
  });
});

describe("all nodes at a moment", () => {
  it("have role, group, fence and clock of that moment", () => {
    const [n1, , n3, , n5] = stateAt(model, 10_428_000);
    expect(n1).toMatchObject({ group: "A", process: "up", mayWrite: "no", main: { words: "follower, no leader" } });
    expect(n1?.states).toContainEqual({ key: "fence", value: "fenced", since: 10_236_000 });
    expect(n3).toMatchObject({ group: "B", mayWrite: "" });
    expect(n5?.offset).toBe(38_000);
    expect(stateAt(model, 50_000_000)[0]?.group).toBe("");
  });
});

describe("points", () => {
  const write = (writer: TraceWriter): void => {
    for (let index = 0; index < 2_100; index++) {
      writer.time = index;
      writer.point(0, "a", "own.tick", { index });
      if (index % 1_000 === 0) writer.point(0, "b", "own.mark", { index, note: "" });
    }
  };

  it("are told with their fields while they are rare, by name alone when they come all the time", () => {
    const { points } = modelOf(["a", "b"], 5_000, write);
    expect(points.at.length).toBe(2_103);
    expect(points.texts).toEqual(["own.tick", "own.mark index=0", "own.mark index=1000", "own.mark index=2000"]);
    expect(points.left).toBe(0);
  });

  it("lose the commonest names first when there are too many, and are counted", () => {
    const fold = new PointFold(new Map([["a", 0]]));
    for (let index = 0; index < 30; index++) {
      const name = index % 3 === 0 ? "rare" : "common";
      fold.point(
        { kind: "point", origin: "program", id: index, time: index, node: "a", cause: -1, name, fields: {} },
        -1,
      );
    }
    const { texts, at, left } = fold.fold(15);
    expect([texts, at.length, left]).toEqual([["rare"], 10, 20]);
  });
});

it("equal runs give equal models", () => {
  const again = syntheticRun();
  expect(encodeModel(buildModel(again.result, again.trace)) === encodeModel(model)).toBe(true);
});
