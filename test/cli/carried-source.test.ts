import { describe, expect, it } from "vitest";
import { carriedSource } from "../../src/cli/carried-source.ts";
import { loadScenarios } from "../../src/cli/scenario-files.ts";
import { orderOf } from "../../src/integrations/bullmq/sweep-order.ts";
import { planOf } from "../../src/lab/explore/plan.ts";
import { testFolder } from "../e2e/run-cli.ts";

const folder = testFolder();
const plain = JSON.stringify({ name: "plain", nodes: [{ program: "ha-node", count: 3 }], duration: "1s" });
folder.write("plain.json", plain);
folder.write(
  "code.ts",
  `import { defineScenario } from "faultline";
export default defineScenario({ name: "code", nodes: [{ program: { name: "quiet", start: () => ({}) }, count: 1 }], duration: "1s" });`,
);
const scenarios = await loadScenarios([`${folder.path}/plain.json`, `${folder.path}/code.ts`]);
// What is on its way to a worker is JSON.
const order = JSON.parse(
  JSON.stringify(orderOf(planOf(scenarios, { seeds: "1..3", plans: "written" }), scenarios)),
) as ReturnType<typeof orderOf>;

describe("scenarios that came with a unit", () => {
  it("are those that the sweep has: data as it is carried, code from its file", async () => {
    folder.write("plain.json", "gone");
    const source = await carriedSource(order.plan);
    folder.write("plain.json", plain);
    expect(order.plan.carried.map((carried) => carried?.input.name)).toEqual(["plain", undefined]);
    expect(source.scenarios.map(({ scenario }) => scenario)).toEqual(scenarios.map(({ scenario }) => scenario));
  });

  it("are refused when they mean something else here", async () => {
    const [first, ...others] = order.plan.scenarios;
    const plan = { ...order.plan, scenarios: [{ ...first, path: "plain.json", name: "plain", hash: "0" }, ...others] };
    await expect(carriedSource(plan)).rejects.toThrow(
      "plain.json means something else here than where the sweep began.",
    );
  });

  it("are refused when they cannot be read here", async () => {
    const [first] = order.plan.carried;
    if (first === null || first === undefined) throw new Error("It carries nothing.");
    const input = { ...first.input, nodes: [{ program: "of-later-versions" }] };
    const plan = { ...order.plan, carried: [{ ...first, input }, null] };
    await expect(carriedSource(plan)).rejects.toThrow(/plain\.json cannot be read here: There is no program called/);
  });

  it("are refused when their code is another", async () => {
    folder.write("code.ts", `${"\n".repeat(3)}export default {};`);
    await expect(carriedSource(order.plan)).rejects.toThrow(/code\.ts/);
  });
});
