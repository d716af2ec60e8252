import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../../src/lab/checkers/linear/check.ts";
import type { Operation } from "../../../../src/lab/checkers/linear/operation.ts";
import { casRegister, register, type RegisterOp } from "../../../../src/lab/checkers/linear/register-model.ts";

/** Numbers that look random, the same everywhere. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

/** Clients of one register, each operation taking effect at a moment within it; values are distinct. */
function run(options: { operations: number; clients: number; stale: boolean }): Operation<RegisterOp>[] {
  const random = numbers(7);
  const history: Operation<RegisterOp>[] = [];
  const free = new Array<number>(options.clients).fill(0);
  const effects: { at: number; place: number }[] = [];
  for (let i = 0; i < options.operations; i++) {
    const client = i % options.clients;
    const call = (free[client] as number) + 1 + random(10);
    const at = call + 1 + random(20);
    const end = at + 1 + random(20);
    free[client] = end;
    const op: RegisterOp = random(2) === 0 ? { f: "write", value: i } : { f: "read", value: null };
    effects.push({ at, place: history.push({ client: String(client), op, call, return: end }) - 1 });
  }
  effects.sort((a, b) => a.at - b.at || a.place - b.place);
  let value: number | null = null;
  const seen: (number | null)[] = [];
  for (const { place } of effects) {
    const one = history[place] as Operation<RegisterOp>;
    if (one.op.f === "write") value = place;
    else history[place] = { ...one, op: { f: "read", value } };
    seen.push(value);
  }
  if (!options.stale) return history;
  const late = effects.length - 100;
  const place = effects.slice(late).find((one) => history[one.place]?.op.f === "read")?.place as number;
  history[place] = { ...(history[place] as Operation<RegisterOp>), op: { f: "read", value: seen[late - 500] ?? null } };
  return history;
}

/** What work gives, and the time of a processor that it took, ms: what others take beside it does not count. */
function timed<Result>(work: () => Result): { result: Result; ms: number } {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { result, ms: (user + system) / 1_000 };
}

// The figures are those of the specification; the time that is allowed is several times as long, for slow machines.
describe("10,000 operations of 10 clients on one register", () => {
  for (const stale of [false, true]) {
    const history = run({ operations: 10_000, clients: 10, stale });
    const verdict = stale ? "violation" : "ok";

    it(`are judged by zones in no time${stale ? ", a stale read among them" : ""}`, () => {
      const { result, ms } = timed(() => checkLinearizable(history, register()));
      expect(result).toMatchObject({ verdict, layer: "zones" });
      expect(ms).toBeLessThan(5_000);
    });

    it(`are judged by the search within 2 s${stale ? ", a stale read among them" : ""}`, () => {
      const { result, ms } = timed(() => checkLinearizable(history, casRegister(), { without: ["zones"] }));
      expect(result).toMatchObject({ verdict, layer: "search" });
      expect(result.steps).toBeLessThan(8_000_000);
      expect(ms).toBeLessThan(10_000);
    });
  }
});

it("judges 100 small histories within 1 s", () => {
  const small = Array.from({ length: 100 }, (_, i) => run({ operations: 80, clients: 5, stale: false }).slice(i % 20));
  const { ms } = timed(() => {
    for (const history of small) checkLinearizable(history, casRegister(), { without: ["zones"] });
  });
  expect(ms).toBeLessThan(5_000);
});

it("says the same however often, and in whatever order the history is written down", () => {
  const history = run({ operations: 300, clients: 6, stale: false });
  const backwards = [...history].reverse();
  const result = checkLinearizable(history, register(), { without: ["zones"] });
  expect(checkLinearizable(backwards, register(), { without: ["zones"] }).verdict).toBe(result.verdict);
  expect(JSON.stringify(checkLinearizable(history, register(), { without: ["zones"] }))).toBe(JSON.stringify(result));
});
