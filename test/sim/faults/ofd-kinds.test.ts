import { describe, expect, it } from "vitest";
import { faultSchema, type FaultText } from "../../../src/sim/faults/registry.ts";
import { SimOfdClient } from "../../../src/system/programs/ofd/client.ts";
import { ofdServer } from "../../../src/system/programs/ofd/server.ts";
import type { NodeEnv, Program } from "../../../src/system/ports/node.ts";
import { FaultWorld, id } from "./fault-world.ts";

/** Registers a receipt every 500 ms, from 250 ms on, and gives each up after 400 ms; says how it went. */
const till: Program<unknown> = {
  name: "till",
  start(env: NodeEnv) {
    const ofd = new SimOfdClient({ ...env, server: id("ofd1") });
    let n = 0;
    const next = env.timers.create("next", () => {
      next.arm(500);
      const key = `r${String(++n)}`;
      const control = new AbortController();
      env.timers.create("give up", () => control.abort(new Error("lost"))).arm(400);
      const receipt = { key, posId: env.id, payload: "", receiptHlc: `0000000000010000-${env.id}`, fencing: "1" };
      ofd.register(receipt, { signal: control.signal, hlc: "" }).then(
        () => env.observer.point(`${key} ok`),
        (error: unknown) => env.observer.point(`${key} ${(error as Error).message === "lost" ? "lost" : "fail"}`),
      );
    });
    next.arm(250);
    return {};
  },
};

/** A till and an OFD, or more of them that nobody asks. */
function world(faults: readonly FaultText[], ofds = ["ofd1"]): FaultWorld {
  const bodies = Object.fromEntries([...ofds, "n1"].map((name) => [name, () => undefined]));
  return new FaultWorld(bodies, faults, {
    strict: true,
    cluster: {
      nodes: [...ofds, "n1"].map((name) => ({
        id: id(name),
        role: "node",
        program: name === "n1" ? till : ofdServer,
        config: {},
        peers: [],
      })),
    },
  });
}

/** Outcomes of the till's receipts, `1 ok`, and the keys that the OFD accepted. */
function told(one: FaultWorld): { outcomes: string[]; accepted: unknown[] } {
  const points = one.records("point").filter((record) => record.origin === "program");
  return {
    outcomes: points.filter(({ node, name }) => node === "n1" && name.startsWith("r")).map(({ name }) => name.slice(1)),
    accepted: points.filter(({ name }) => name === "ofd.accept").map(({ fields }) => fields["key"]),
  };
}

const SPAN = { at: "1s", for: "1s" } as const;

describe("ofd-fails", () => {
  it("lets registrations fail that arrive while it lasts, counts them, and leaves no trace", async () => {
    const one = await world([{ kind: "ofd-fails", ...SPAN }]).run(3_000);
    expect(told(one)).toEqual({
      outcomes: ["1 ok", "2 ok", "3 fail", "4 fail", "5 ok", "6 ok"],
      accepted: ["r1", "r2", "r5", "r6"],
    });
    expect(one.states("ofd").slice(1)).toEqual(["1000 ofd1 failing", "2000 ofd1 success"]);
    expect(one.outcome).toMatchObject({ groups: [["ofd1"]], touched: 2 });
  });

  it("stands over a restart, and ends while the process is down", async () => {
    const one = world([{ kind: "ofd-fails", ...SPAN }]);
    one.at(1_300, () => one.cluster.crash(id("ofd1"))).at(1_400, () => one.cluster.restart(id("ofd1")));
    one.at(1_900, () => one.cluster.crash(id("ofd1"))).at(2_100, () => one.cluster.restart(id("ofd1")));
    await one.run(6_000);
    const { outcomes } = told(one);
    expect(outcomes.slice(0, 3)).toEqual(["1 ok", "2 ok", "3 fail"]);
    expect(outcomes.at(-1)).toBe("12 ok");
    expect(one.records("point").filter(({ name }) => name === "ofd.attempt").length).toBeGreaterThan(3);
    expect(one.cluster.board.get("ofd1", "ofd")?.value).toBe("success");
  });

  it("gives way to a later one, and is in force again when that ends", async () => {
    const one = await world([
      { kind: "ofd-fails", at: "1s", for: "3s" },
      { kind: "ofd-slow", by: "100ms", at: "2s", for: "1s" },
    ]).run(5_000);
    expect(told(one).outcomes).toEqual([
      ...["1 ok", "2 ok", "3 fail", "4 fail", "5 ok", "6 ok", "7 fail", "8 fail", "9 ok", "10 ok"],
    ]);
    expect(one.faults.outcomes().map(({ touched }) => touched)).toEqual([4, 2]);
  });

  it("ends under a later one that goes on", async () => {
    const one = await world([
      { kind: "ofd-fails", at: "1s", for: "1s" },
      { kind: "ofd-slow", by: "100ms", at: "1500ms", for: "1500ms" },
    ]).run(4_000);
    expect(one.states("ofd").slice(1)).toEqual(["1000 ofd1 failing", "1500 ofd1 slow", "3000 ofd1 success"]);
  });

  it("acts on those that are named, and touches nothing where nobody asks", async () => {
    const one = await world([{ kind: "ofd-fails", node: "ofd2", ...SPAN }], ["ofd1", "ofd2"]).run(3_000);
    expect(told(one).outcomes).toEqual([1, 2, 3, 4, 5, 6].map((n) => `${String(n)} ok`));
    expect(one.outcome).toMatchObject({ groups: [["ofd2"]], touched: 0 });
  });

  it("reaches a paused process late, as everything does, and counts nothing once it is over", async () => {
    const one = world([{ kind: "ofd-fails", ...SPAN }]);
    one.at(900, () => one.cluster.pause(id("ofd1"))).at(2_500, () => one.cluster.resume(id("ofd1")));
    await one.run(4_000);
    const { accepted, outcomes } = told(one);
    expect(accepted).toEqual(["r1", "r2", "r5", "r6", "r7", "r8"]);
    expect(outcomes).toContain("3 lost");
    expect(one.outcome.touched).toBe(0);
  });

  it("never starts where nobody runs an OFD", async () => {
    const one = await new FaultWorld({ n1: () => undefined }, [{ kind: "ofd-fails", ...SPAN }]).run(3_000);
    expect(one.outcome).toMatchObject({ startedAt: -1, touched: 0 });
  });
});

describe("ofd-timeout-after-accept", () => {
  it("lets the OFD accept and answer nothing while it lasts, counts it, and leaves no trace", async () => {
    const one = await world([{ kind: "ofd-timeout-after-accept", ...SPAN }]).run(3_000);
    expect(told(one)).toEqual({
      outcomes: ["1 ok", "2 ok", "3 lost", "4 lost", "5 ok", "6 ok"],
      accepted: ["r1", "r2", "r3", "r4", "r5", "r6"],
    });
    expect(one.outcome.touched).toBe(2);
  });
});

describe("ofd-slow", () => {
  it("delays what arrives while it lasts, counts it, and leaves no trace", async () => {
    const one = await world([{ kind: "ofd-slow", by: "300ms", ...SPAN }]).run(3_000);
    const tookMs = (key: string): number => {
      const times = one.records("point").filter(({ fields }) => fields["key"] === key);
      return Math.floor(((times[1]?.time ?? 0) - (times[0]?.time ?? 0)) / 1_000);
    };
    expect(["r2", "r3", "r4", "r5"].map(tookMs)).toEqual([2, 302, 302, 2]);
    expect(told(one).outcomes).toEqual([1, 2, 3, 4, 5, 6].map((n) => `${String(n)} ok`));
    expect(one.outcome.touched).toBe(2);
  });

  it("needs whole milliseconds to wait", () => {
    expect(faultSchema.safeParse({ kind: "ofd-slow", at: "1s", by: "10us" }).success).toBe(false);
    expect(faultSchema.safeParse({ kind: "ofd-slow", at: "1s" }).success).toBe(false);
  });
});

describe("ofd-duplicate-delivery", () => {
  it("lets what arrives while it lasts be handled twice, accepted once", async () => {
    const one = await world([{ kind: "ofd-duplicate-delivery", ...SPAN }]).run(3_000);
    expect(told(one)).toEqual({
      outcomes: [1, 2, 3, 4, 5, 6].map((n) => `${String(n)} ok`),
      accepted: ["r1", "r2", "r3", "r4", "r5", "r6"],
    });
    const refused = one.records("point").filter(({ name }) => name === "ofd.refuse");
    expect(refused.map(({ fields }) => [fields["key"], fields["reason"]])).toEqual([
      ["r3", "OFD_IN_FLIGHT"],
      ["r4", "OFD_IN_FLIGHT"],
    ]);
    expect(one.outcome.touched).toBe(4);
  });
});

describe("program(NAME)", () => {
  it("means whoever runs a program, for any kind of fault", async () => {
    const one = await world([{ kind: "kill", node: "program(ofd)", ...SPAN }], ["ofd1", "ofd2"]).run(3_000);
    expect(one.outcome).toMatchObject({ groups: [["ofd1", "ofd2"]], roles: { "program(ofd)": ["ofd1", "ofd2"] } });
    expect(one.outcome.touched).toBe(2);
  });
});
