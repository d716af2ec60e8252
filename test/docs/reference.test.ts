import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { referencePages } from "../../scripts/build-docs.mjs";
import { CATALOGUE } from "../../src/lab/checkers/catalogue.ts";
import { scenarioJsonSchema } from "../../src/lab/scenario/json-schema.ts";
import { scenarioSchema } from "../../src/lab/scenario/model.ts";
import { shapeSchema } from "../../src/sim/faults/partition.ts";
import { exampleHearing } from "../../src/sim/faults/hearing.ts";
import { FAULT_KINDS } from "../../src/sim/faults/registry.ts";

const pages = referencePages({
  faultKinds: FAULT_KINDS,
  scenarioSchema,
  checkers: CATALOGUE,
  hearingOf: exampleHearing,
});

describe("the reference", () => {
  it.each(Object.keys(pages))("%s is what the code says now (node scripts/build-docs.mjs writes it)", (path) => {
    expect(readFileSync(path, "utf8")).toBe(pages[path]);
  });

  it("tells of every kind of fault what it does and what it touches, and of every field what it means", () => {
    const text = pages["docs/faults.md"] ?? "";
    for (const { kind, about, touches } of FAULT_KINDS) {
      const section = text.split("\n## ").find((one) => one.startsWith(`${kind}\n`));
      expect(section, kind).toContain(about);
      expect(section, kind).toContain(touches);
      expect(section, kind).toContain(`kind: ${kind}`);
    }
    const empty = [
      ...Object.values(pages)
        .join("\n")
        .matchAll(/^\| .*\| +\|$/gm),
    ];
    expect(empty.map(([row]) => row)).toEqual([]);
  });

  it("prints who hears whom for every shape of partition", () => {
    const text = (pages["docs/faults.md"] ?? "").split("### Who hears whom")[1]?.split("\n## ")[0] ?? "";
    const shapes = shapeSchema.options.map((option) => option.shape.shape.value);
    const printed = [...text.matchAll(/^([a-z-]+)(?: {2}.*)?\n\n {3}n1 n2 n3 n4 n5$/gm)].map(([, shape]) => shape);
    expect(printed.toSorted()).toEqual(shapes.toSorted());
    expect(text).toContain("bridge  groups: [[n1,n2],[n4,n5]], bridge: n3\n\n   n1 n2 n3 n4 n5\nn1  x  x  x  .  .\n");
  });

  it("has a JSON Schema for editors that is what the code says now (npm run schema writes it)", () => {
    expect(JSON.parse(readFileSync("schema/scenario.json", "utf8"))).toEqual(scenarioJsonSchema());
  });
});
