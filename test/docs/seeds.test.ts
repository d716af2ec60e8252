import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isThere, kindOf, seedRows, type SeedRow } from "./seed-rows.ts";

const rows = seedRows(readFileSync("docs/seeds.md", "utf8"));
const soaked = readFileSync("test/soak/plan.json", "utf8");

const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${letter}${String(i + 1).padStart(2, "0")}`);
const idsOf = (found: readonly SeedRow[]): string[] => found.map(({ id }) => id);

/** Rows whose work is not all there. To be made shorter when some of it is done. */
const OPEN: readonly string[] = [];

describe("the page of the seeds", () => {
  it("has every requirement and every contradiction once, in order", () => {
    expect(idsOf(rows)).toEqual([...numbered("L", 74), ...numbered("C", 28)]);
  });

  it.each(rows.map((row) => [row.id, row] as const))("%s leads to what is there", (_, { links }) => {
    const wrong = links.filter((link) => !isThere(link)).map(({ text, path }) => `${path}: ${text}`);
    expect(wrong).toEqual([]);
  });

  it("says what is required or decided in each row", () => {
    expect(idsOf(rows.filter(({ says }) => says.length < 20))).toEqual([]);
  });

  it("leads from each requirement to code and to a test, and from each contradiction to where it was decided", () => {
    const has = ({ links }: SeedRow, kinds: readonly unknown[]): boolean =>
      links.some((link) => kinds.includes(kindOf(link)));
    const done = rows.filter(({ open }) => open === undefined);
    const isCode = (row: SeedRow): boolean => has(row, ["code", "page"]);
    const isTested = (row: SeedRow): boolean => has(row, ["test"]);
    const wanting = done.filter((row) => !isTested(row) || !isCode(row));
    expect(idsOf(wanting)).toEqual([]);
  });

  it("names as tests only scenarios that are soaked", () => {
    const scenarios = rows.flatMap(({ links }) => links.filter((link) => kindOf(link) === "scenario"));
    const dry = scenarios.filter(
      ({ path }) => !soaked.includes(`"${path.slice("scenarios/".length, -".yaml".length)}"`),
    );
    expect(dry.map(({ path }) => path)).toEqual([]);
  });

  it("owns up to what is open", () => {
    expect(idsOf(rows.filter(({ open }) => open !== undefined))).toEqual(OPEN);
  });
});
