import { describe, expect, it } from "vitest";
import { registerProgram } from "../../../src/lab/run/programs.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import { registerWorkload } from "../../../src/lab/run/workloads.ts";
import type { ScenarioInput } from "../../../src/lab/scenario/model.ts";
import type { NodeEnv, RunningProgram } from "../../../src/system/ports/node.ts";

/** A program that says who its peers are. */
const tells = (name: string) =>
  registerProgram({
    name,
    start: ({ observer, peers }: NodeEnv): RunningProgram => {
      observer.point("peers", { peers: peers.join(" ") });
      return {};
    },
  });
for (const name of ["till", "bank", "shop"]) tells(name);
const start = ({ observer, peers }: NodeEnv, { nodes }: { readonly nodes: readonly string[] }): RunningProgram => {
  observer.point("peers", { peers: peers.join(" "), nodes: nodes.join(" ") });
  return {};
};
registerWorkload({ name: "pays", program: { name: "pays", start }, serves: "bank" });
registerWorkload({ name: "asks", program: { name: "asks", start } });

/** `node peers`, or `client peers | nodes it talks to`. */
async function told(nodes: ScenarioInput["nodes"], workload: ScenarioInput["workload"] = []): Promise<string[]> {
  const { trace } = await runScenario({ name: "who", nodes, workload, duration: "1s" }, { seed: "1", keepTrace: true });
  return Array.from({ length: trace?.count ?? 0 }, (_, id) => trace?.record(id)).flatMap((record) => {
    if (record?.kind !== "point" || record.name !== "peers") return [];
    const { peers, nodes: talksTo } = record.fields;
    return [`${record.node} ${String(peers)}${talksTo === undefined ? "" : ` | ${String(talksTo)}`}`];
  });
}

describe("peers", () => {
  it("are the other nodes of the same program, in whichever groups", async () => {
    const nodes = [
      { program: "till", count: 2, prefix: "t" },
      { program: "bank", count: 1, prefix: "b" },
      { program: "till", count: 1, prefix: "u" },
    ];
    expect(await told(nodes)).toEqual(["t1 t2 u1", "t2 t1 u1", "b1 ", "u1 t1 t2"]);
  });
});

describe("the clients of a workload", () => {
  const nodes = [
    { program: "till", count: 2, prefix: "t" },
    { program: "bank", count: 2, prefix: "b" },
  ];
  const clients = (kind: string) => [{ kind, clients: 1, rate: "1/s" }];
  const lastOf = async (given: typeof nodes, kind: string): Promise<string | undefined> =>
    (await told(given, clients(kind))).at(-1);

  it("talk to the nodes of the program that the workload is for", async () => {
    expect(await lastOf(nodes, "pays")).toBe("c1 t1 t2 b1 b2 | b1 b2");
  });

  it("talk to every node where none runs that program, or the workload names none", async () => {
    expect(await lastOf(nodes, "asks")).toBe("c1 t1 t2 b1 b2 | t1 t2 b1 b2");
    expect(await lastOf([{ program: "shop", count: 2, prefix: "s" }], "pays")).toBe("c1 s1 s2 | s1 s2");
  });
});

describe("the cashiers of a scenario", () => {
  it("talk to its tills alone", async () => {
    const nodes = [
      { program: "redis", prefix: "redis" },
      { program: "pos-adapter", count: 2, prefix: "pos" },
      { program: "ofd", prefix: "ofd" },
    ];
    const { result } = await runScenario(
      { name: "tills", nodes, workload: [{ kind: "receipts", clients: 1, rate: "1/s" }], duration: "3s" },
      { seed: "1" },
    );
    const { id, config } = result.nodes.at(-1) ?? {};
    expect(id).toBe("c1");
    expect(config).toMatchObject({ nodes: ["pos1", "pos2"] });
  });
});
