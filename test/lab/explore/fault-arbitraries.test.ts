import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawnKinds, FAULT_ARBITRARIES, NOT_DRAWN } from "../../../src/lab/explore/fault-arbitraries.ts";
import { knownNames } from "../../../src/lab/run/known-names.ts";
import type { FaultInput } from "../../../src/lab/scenario/model.ts";
import { checkScenario } from "../../../src/lab/scenario/validate.ts";
import { FAULT_KINDS } from "../../../src/sim/faults/registry.ts";

const byName = (a: string, b: string): number => (a < b ? -1 : 1);
const namesOf = (kinds: readonly { readonly kind: string }[]): string[] => kinds.map(({ kind }) => kind);

describe("fault arbitraries", () => {
  it("are there for every kind of fault, once, or it is said why not", () => {
    const drawn = [...namesOf(FAULT_ARBITRARIES), ...Object.keys(NOT_DRAWN)];
    expect(drawn.toSorted(byName)).toEqual(namesOf(FAULT_KINDS).toSorted(byName));
  });

  it.each(FAULT_ARBITRARIES.map((one) => [one.kind, one] as const))("give a valid fault for %s", (kind, drawn) => {
    const endsItself = FAULT_KINDS.find((one) => one.kind === kind)?.endsItself === true;
    fc.assert(
      fc.property(drawn.effect, (effect) => {
        const fault = { id: "drawn", kind, ...effect, at: "5s", ...(drawn.isMoment === true ? {} : { for: "3s" }) };
        const checked = checkScenario(
          {
            name: "around",
            nodes: [
              { program: "ha-node", count: 5 },
              { program: "redis", prefix: "redis" },
              { program: "ofd", prefix: "ofd" },
            ],
            faults: [fault as unknown as FaultInput],
            duration: "60s",
          },
          knownNames(),
        );
        expect(checked.problems).toEqual([]);
        if (!endsItself) return;
        // What ends itself takes no `for`, and a plan must know how long it takes when it takes any time.
        expect(drawn.isMoment).toBe(true);
        if ("down" in effect) expect(drawn.lasts?.(effect, 5)).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  it("are drawn for a cluster that has what they break, and unasked only where a right program survives", () => {
    const plain = namesOf(drawnKinds(new Set(["ha-node"])));
    expect(plain).toContain("crash");
    expect(plain).not.toContain("redis-down");
    expect(plain).not.toContain("wipe");
    const pos = namesOf(drawnKinds(new Set(["pos-adapter", "redis", "ofd"])));
    expect(pos.filter((kind) => !plain.includes(kind))).toEqual([
      ...["redis-down", "redis-slow", "redis-failover"],
      ...["ofd-fails", "ofd-timeout-after-accept", "ofd-slow", "ofd-duplicate-delivery"],
    ]);
  });

  it("know how long a rolling restart takes", () => {
    const rolling = FAULT_ARBITRARIES.find(({ kind }) => kind === "rolling-restart");
    expect(rolling?.lasts?.({ nodes: ["all"], down: "2s", gap: "500ms" }, 4)).toBe(10_000_000);
  });
});
