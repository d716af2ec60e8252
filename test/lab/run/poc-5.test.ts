import { describe, expect, it } from "vitest";
import { loadFile } from "../../../src/cli/scenario-files.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import { patchScenario, type ScenarioPatch } from "../../../src/lab/scenario/patch.ts";
import type { RunResult } from "../../../src/trace/result.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";

// The seed's three scenarios, judged here on the records of OFD, network and Redis alone, with no checker between.
const SEEDS = ["1", "2", "3"];

async function play(
  path: string,
  seed: string,
  patch: ScenarioPatch = {},
): Promise<{ result: RunResult; records: TraceRecord[] }> {
  const [loaded] = await loadFile(path);
  if (loaded === undefined) throw new Error(`${path} holds no scenario`);
  const { result, trace } = await runScenario(patchScenario(loaded.input, patch), { seed, keepTrace: true });
  if (trace === undefined) throw new Error("the run kept no trace");
  return { result, records: Array.from({ length: trace.count }, (_, id) => trace.record(id)) };
}

const points = (records: readonly TraceRecord[], name: string): Extract<TraceRecord, { kind: "point" }>[] =>
  records.filter((record) => record.kind === "point").filter((record) => record.name === name);

const sentTo = (records: readonly TraceRecord[], type: string): Extract<TraceRecord, { kind: "sent" }>[] =>
  records.filter((record) => record.kind === "sent").filter((record) => record.message.type === type);

const acceptedKeys = (records: readonly TraceRecord[]): string[] =>
  points(records, "ofd.accept").map(({ fields }) => String(fields["key"]));

describe.each(SEEDS)("POC-5, seed %s", (seed) => {
  it.each([3, 1])("scenario 1 on %i nodes: three syncs at once, one runs, ten receipts arrive once", async (nodes) => {
    const drained = { state: { buffer: "drained", sync: "idle" }, by: "20s", lasting: "5s" };
    const expects = [{ "all-of": Array.from({ length: nodes }, (_, i) => `pos${String(i + 1)}`), ...drained }];
    const { result, records } = await play("scenarios/poc-5/seed-3-syncs.yaml", seed, {
      nodes,
      replace: { expect: expects },
    });
    expect(result.outcome).toBe("holds");
    const keys = acceptedKeys(records);
    expect(keys).toHaveLength(10);
    expect(new Set(keys).size).toBe(10);
    expect(points(records, "sync.trigger")).toHaveLength(3);
    expect(
      points(records, "sync.done")
        .map(({ fields }) => fields["result"])
        .sort(),
    ).toEqual(["drained", "skipped", "skipped"]);
    expect(points(records, "lock.grant")).toHaveLength(1);
  });

  it("scenario 2: opens on the fifth failed call, sends nothing for 60.000 s, closes on the second success", async () => {
    const { result, records } = await play("scenarios/poc-5/seed-flapping.yaml", seed);
    expect(result.outcome).toBe("holds");
    expect(new Set(acceptedKeys(records)).size).toBe(10);
    const changes = records.filter((record) => record.kind === "state").filter(({ key }) => key === "breaker>ofd");
    expect(changes.map(({ value }) => value)).toEqual([
      ...["closed", "open", "half-open", "closed"],
      ...["open", "half-open", "closed"],
    ]);
    for (const opened of changes.filter(({ value }) => value === "open")) {
      const next = changes.find(({ time, value }) => time > opened.time && value === "half-open");
      expect((next?.time ?? 0) - opened.time).toBeGreaterThanOrEqual(60_000_000);
      const calls = sentTo(records, "ofd.register").filter(
        ({ time }) => time > opened.time && time < (next?.time ?? 0),
      );
      expect(calls).toEqual([]);
      // The five calls before it failed, and the one before those did not.
      const before = points(records, "breaker.result").filter(({ time }) => time <= opened.time);
      expect(before.slice(-5).map(({ fields }) => fields["result"] === "success")).toEqual(Array(5).fill(false));
      expect(before.at(-6)?.fields["result"]).toBe("success");
      const after = points(records, "breaker.result").filter(({ time }) => time > opened.time);
      const closed = changes.find(({ time, value }) => time > opened.time && value === "closed");
      expect(after.filter(({ time }) => time <= (closed?.time ?? 0)).map(({ fields }) => fields["result"])).toEqual([
        "success",
        "success",
      ]);
    }
  });

  it("scenario 3: stamps grow on every till, B follows A where it was told of A, and each till's order is kept", async () => {
    const { result, records } = await play("scenarios/poc-5/seed-hlc-skew.yaml", seed);
    expect(result.outcome).toBe("holds");
    const created = points(records, "receipt.create").map(({ node, fields }) => ({ node, hlc: String(fields["hlc"]) }));
    expect(created).toHaveLength(10);
    for (const till of ["pos1", "pos2"]) {
      const own = created.filter(({ node }) => node === till).map(({ hlc }) => hlc);
      expect(own).toEqual(own.toSorted());
      expect(new Set(own).size).toBe(5);
      const sent = points(records, "ofd.accept").filter(({ fields }) => fields["pos"] === till);
      expect(sent.map(({ fields }) => fields["receiptHlc"])).toEqual(own);
    }
    // The first six are told to the other till before it makes its next: their stamps are in the order in which they were made.
    const told = created.slice(0, 6).map(({ hlc }) => hlc);
    expect(told).toEqual(told.toSorted());
  });

  it("S28: the paused holder's registration is refused by its token", async () => {
    const { result, records } = await play("scenarios/receipts/kleppmann-gc.yaml", seed);
    expect(result.outcome).toBe("holds");
    const resumed = records.find(
      (record) => record.kind === "state" && record.key === "process" && record.fields["reason"] === "resume",
    );
    const refusal = points(records, "ofd.refuse").find(({ fields }) => fields["reason"] === "OFD_STALE_TOKEN");
    expect(refusal?.fields["by"]).toBe("pos1");
    expect(refusal?.time).toBeGreaterThan(resumed?.time ?? Infinity);
    expect(result.story.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^The OFD refuses till1:1 from pos1: its token [0-9.]+ is smaller than [0-9.]+\.$/),
    );
  });
});

describe("a run of receipts", () => {
  it("ends with the seed's figures", async () => {
    const { result } = await play("scenarios/poc-5/seed-3-syncs.yaml", "1");
    expect(result.summary.map(({ name, value, isGood }) => [name, value, isGood])).toEqual([
      ["receipts created", "10", true],
      ["receipts synced", "10", true],
      ["OFD received", "10 in 10 attempts", true],
      ["duplicates", "0", true],
      ["manual syncs", "3: 1 ran, 2 found the lock taken", true],
      ["HLC monotonic", expect.stringMatching(/^yes, [0-9]+ stamps on 4 nodes$/), true],
      ["order preserved", "yes, at the OFD for every till", true],
    ]);
    expect(result.story.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^3 manual syncs at once at .*; 2 find the lock taken and send nothing\.$/),
    );
  });
});
