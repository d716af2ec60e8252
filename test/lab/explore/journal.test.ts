import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Journal } from "../../../src/lab/explore/journal.ts";
import { somePart, somePlan } from "./some-parts.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-journal-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const plan = somePlan();
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const parts = [somePart(plan, { from: 0, to: 20 }), somePart(plan, { from: 40, to: 60 })];

describe("the journal of a sweep", () => {
  it("gives back what was added, and takes more", () => {
    const path = join(folder, "a.jsonl");
    const journal = Journal.begin(path, plan);
    journal.add(parts[0] as never);
    const resumed = Journal.resume(path, plan);
    resumed?.journal.add(parts[1] as never);
    expect(Journal.resume(path, plan)?.parts).toEqual(plain(parts));
  });

  it("is not there before a sweep began, and forgets another sweep's when it begins", () => {
    const path = join(folder, "b.jsonl");
    expect(Journal.resume(path, plan)).toBeUndefined();
    Journal.begin(path, plan).add(parts[0] as never);
    Journal.begin(path, plan);
    expect(Journal.resume(path, plan)?.parts).toEqual([]);
  });

  it("drops a line that was torn, and goes on behind the line before", () => {
    const path = join(folder, "c.jsonl");
    Journal.begin(path, plan).add(parts[0] as never);
    appendFileSync(path, JSON.stringify(parts[1]).slice(0, 200));
    const resumed = Journal.resume(path, plan);
    expect(resumed?.parts).toEqual(plain([parts[0]]));
    resumed?.journal.add(parts[1] as never);
    expect(Journal.resume(path, plan)?.parts).toEqual(plain(parts));
  });

  it.each([
    ["other seeds", somePlan("1..300"), "is of seeds 1..200, this sweep of 1..300"],
    ["other scenarios", somePlan("1..200", ["beta"]), "is of other scenarios, or they have changed since"],
    ["other plans", { ...plan, plans: "random" as const }, "is of written plans, this sweep of random"],
  ])("is refused for %s", (_, other, text) => {
    const path = join(folder, "d.jsonl");
    Journal.begin(path, plan);
    expect(() => Journal.resume(path, other)).toThrow(text);
  });

  it("is refused for another version, and when it is something else", () => {
    const path = join(folder, "e.jsonl");
    Journal.begin(path, plan);
    writeFileSync(path, readFileSync(path, "utf8").replace(/"version":"[^"]*"/, '"version":"0.0.1"'));
    expect(() => Journal.resume(path, plan)).toThrow("was begun by version 0.0.1");
    writeFileSync(path, "hello\n");
    expect(() => Journal.resume(path, plan)).toThrow("is no journal of a sweep");
  });
});
