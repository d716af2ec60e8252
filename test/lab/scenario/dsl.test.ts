import { describe, expect, it } from "vitest";
import type { Program } from "../../../src/system/ports/node.ts";
import * as faultline from "../../../src/index.ts";
import { at, crash, defineScenario, flap, partition, skew } from "../../../src/lab/scenario/dsl.ts";
import { ScenarioError } from "../../../src/lab/scenario/problems.ts";
import { scenarioSchema } from "../../../src/lab/scenario/model.ts";
import { FAULT_KINDS } from "../../../src/sim/faults/registry.ts";

const program = (name: string): Program => ({ name, start: () => ({}) });

describe("a scenario in TypeScript", () => {
  it("is the same data as one in YAML", () => {
    const scenario = defineScenario({
      name: "same",
      nodes: [{ program: "ha-node", count: 5 }],
      faults: [
        at("5s", flap({ shape: { shape: "isolate", nodes: ["n1"] }, up: "300ms", down: "200ms", for: "20s" })),
        at("8s", skew({ node: "n3", offset: "+250ms" })),
        at(["9s", "12s"], crash({ nodes: ["leader"], for: "2s" })),
      ],
      duration: "60s",
    });
    expect(scenario).toEqual({
      name: "same",
      nodes: [{ program: "ha-node", count: 5 }],
      faults: [
        { kind: "flap", shape: { shape: "isolate", nodes: ["n1"] }, up: "300ms", down: "200ms", for: "20s", at: "5s" },
        { kind: "skew", node: "n3", offset: "+250ms", at: "8s" },
        { kind: "crash", nodes: ["leader"], for: "2s", at: ["9s", "12s"] },
      ],
      duration: "60s",
    });
    expect(scenarioSchema.safeParse(scenario).error).toBeUndefined();
  });

  it("has the types of its faults checked by the compiler", () => {
    // @ts-expect-error a split has groups
    const lacking = partition({ shape: "split" });
    // @ts-expect-error a duration is text with its unit
    const bare = crash({ node: "n1", for: 5 });
    expect([lacking.kind, bare.kind]).toEqual(["partition", "crash"]);
  });

  it("puts the name of code in its place, and knows the code by it", () => {
    const own = program("dsl-own");
    expect(defineScenario({ name: "own", nodes: [{ program: own }], duration: "1s" }).nodes).toEqual([
      { program: "dsl-own" },
    ]);
    // The same object again is no conflict, another one of the name is.
    defineScenario({ name: "own-2", nodes: [{ program: own }], duration: "1s" });
    expect(() => defineScenario({ name: "own-3", nodes: [{ program: program("dsl-own") }], duration: "1s" })).toThrow(
      ScenarioError,
    );
  });

  it("has a function for every kind of fault", () => {
    for (const { kind } of FAULT_KINDS) {
      const name = kind.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      const make = (faultline as unknown as Record<string, ((spec: object) => object) | undefined>)[name];
      expect(make?.({}), name).toEqual({ kind });
    }
  });
});
