import { describe, expect, it } from "vitest";
import { receiptsClient, type ReceiptsClientConfig } from "../../../src/lab/workloads/receipts-client.ts";
import { nodeId, type NodeEnv } from "../../../src/system/ports/node.ts";
import type { Message } from "../../../src/system/ports/transport.ts";
import { TestWorld } from "../../sim/world.ts";

/** What a till answers to its nth question, from 1; `undefined` for nothing. */
type Till = (question: Message, nth: number, env: NodeEnv) => Message | undefined;

const created = (question: Message, outcome: string, receiptHlc = ""): Message => ({
  ...{ type: "pos.created", id: Number(question["id"]), outcome, receiptHlc },
  error: outcome === "fail" ? "BUFFER_FULL" : "",
});
const store: Till = (question) =>
  question.type === "pos.create"
    ? created(question, "ok", "stamp")
    : { type: "pos.synced", id: Number(question["id"]), result: "drained", synced: 3 };

/** Clients `c1`, `c2`, … and tills that answer as they are told; messages take 1 ms. */
class World extends TestWorld {
  /** `ms till type receipt number` of every question that a till heard. */
  readonly questions: string[] = [];

  constructor(config: Partial<ReceiptsClientConfig>, { till = store, tills = ["pos1"], clients = 1 } = {}) {
    const names = Array.from({ length: clients }, (_, i) => `c${String(i + 1)}`);
    const body = (env: NodeEnv): void => {
      let nth = 0;
      env.transport.subscribe((from, message) => {
        const { type, receipt, id } = message;
        const what = typeof receipt === "string" ? ` ${receipt}` : ` of ${from}`;
        this.questions.push(`${String(env.clock.monotonic())} ${env.id} ${type}${what} ${JSON.stringify(id)}`);
        const answer = till(message, ++nth, env);
        if (answer !== undefined) env.transport.send(from, answer);
      });
    };
    const client = (index: number) => (env: NodeEnv) => {
      receiptsClient.start(env, {
        ...{ client: index, clients, nodes: tills, target: "all" },
        ...{ intervalMs: 100, fromMs: 0, untilMs: 1_000 },
        ...config,
      });
    };
    super({
      ...Object.fromEntries(tills.map((name) => [name, body])),
      ...Object.fromEntries(names.map((name, i) => [name, client(i)])),
    });
  }

  /** `ms client name key` of every operation that began. */
  get begun(): string[] {
    return this.records("invoke").map(({ time, node, name, key }) => `${String(time / 1_000)} ${node} ${name} ${key}`);
  }
  /** `ms outcome value` of every operation that ended. */
  get ended(): string[] {
    return this.records("complete").map(
      ({ time, outcome, value }) => `${String(time / 1_000)} ${outcome} ${JSON.stringify(value)}`,
    );
  }
}

describe("a cashier", () => {
  it("makes receipts at the workload's rate from its beginning to its end, each under a name of its own", async () => {
    const world = await new World({ fromMs: 50, untilMs: 350 }).run(1_000);
    expect(world.begun).toEqual([...["50 c1 create c1:1", "150 c1 create c1:2", "250 c1 create c1:3"]]);
    expect(world.questions[0]).toBe("51 pos1 pos.create c1:1 1");
    expect(world.ended[0]).toBe('52 ok "stamp"');
  });

  it("makes no more receipts than all clients are to make together, the first ones one more", async () => {
    const world = await new World({ receipts: 5, untilMs: 10_000 }, { clients: 3 }).run(10_000);
    const by = (client: string): number => world.begun.filter((line) => line.includes(` ${client} create`)).length;
    expect([by("c1"), by("c2"), by("c3")]).toEqual([2, 2, 1]);
  });

  it("interleaves with the others of its workload", async () => {
    const world = await new World({ receipts: 6, intervalMs: 300 }, { clients: 3 }).run(1_000);
    expect(world.begun.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      ...["0 c1", "100 c2", "200 c3", "300 c1", "400 c2", "500 c3"],
    ]);
  });

  it("makes one at each moment that is named, and none besides", async () => {
    const world = await new World({ createAtMs: [700, 200, 5_000] }).run(6_000);
    expect(world.begun).toEqual(["200 c1 create c1:1", "700 c1 create c1:2", "5000 c1 create c1:3"]);
  });

  it("makes those at named moments besides those at the rate where both are wanted", async () => {
    const world = await new World({ createAtMs: [150], receipts: 2 }).run(2_000);
    expect(world.begun.map((line) => line.split(" ")[0])).toEqual(["0", "100", "150"]);
  });

  it("asks for a manual sync at each moment that is named, and completes with what came of it", async () => {
    const world = await new World({ createAtMs: [], syncAtMs: [300, 100] }).run(1_000);
    expect(world.begun).toEqual(["100 c1 sync pos1", "300 c1 sync pos1"]);
    expect(world.ended).toEqual(Array(2).fill(expect.stringMatching(/^[13]02 ok \{"result":"drained","synced":3\}$/)));
  });

  it.each([
    ["all", { c1: ["pos1"], c2: ["pos2"], c3: ["pos1"] }],
    ["pos2", { c1: ["pos2"], c2: ["pos2"], c3: ["pos2"] }],
  ])("goes to its till of target %s", async (target, expected) => {
    const world = await new World({ target, receipts: 9, untilMs: 9_000 }, { tills: ["pos1", "pos2"], clients: 3 }).run(
      9_000,
    );
    const asked: Record<string, string[]> = {};
    for (const line of world.questions) {
      const [, till = "", , receipt = ""] = line.split(" ");
      const client = receipt.split(":")[0] ?? "";
      asked[client] = [...new Set([...(asked[client] ?? []), till])];
    }
    expect(asked).toEqual(expected);
  });

  it("goes to a till drawn anew for each receipt with target any, and stays with it for that receipt", async () => {
    const silent: Till = (question, nth, env) => (nth % 2 === 0 ? store(question, nth, env) : undefined);
    const world = new World(
      { target: "any", intervalMs: 1_000, untilMs: 20_000 },
      { tills: ["pos1", "pos2"], till: silent },
    );
    await world.run(30_000);
    const tillOf = new Map<string, Set<string>>();
    for (const line of world.questions) {
      const [, till = "", , receipt = ""] = line.split(" ");
      tillOf.set(receipt, (tillOf.get(receipt) ?? new Set()).add(till));
    }
    expect([...tillOf.values()].map(({ size }) => size)).toEqual(Array(20).fill(1));
    expect(new Set([...tillOf.values()].flatMap((tills) => [...tills]))).toEqual(new Set(["pos1", "pos2"]));
  });
});

describe("a cashier's question", () => {
  const one = { createAtMs: [0] };
  const moments = (world: World): number[] => world.questions.map((line) => Number(line.split(" ")[0]));

  it("that is not answered is asked again after 200 ms, then after twice as long each time, up to 2 s, under its number", async () => {
    const world = await new World(one, { till: () => undefined }).run(9_000);
    expect(moments(world)).toEqual([1, 201, 601, 1_401, 3_001, 5_001, 7_001]);
    expect(new Set(world.questions.map((line) => line.split(" ").slice(1).join(" ")))).toEqual(
      new Set(["pos1 pos.create c1:1 1"]),
    );
  });

  it("ends as soon as it is answered well", async () => {
    const till: Till = (question, nth, env) => (nth < 3 ? undefined : store(question, nth, env));
    const world = await new World(one, { till }).run(9_000);
    expect(moments(world)).toEqual([1, 201, 601]);
    expect(world.ended).toEqual(['602 ok "stamp"']);
  });

  it("that is refused is asked again, and ends well when it is stored after all", async () => {
    const till: Till = (question, nth) => created(question, nth < 3 ? "fail" : "ok", nth < 3 ? "" : "stamp");
    const world = await new World(one, { till }).run(9_000);
    expect(world.ended).toEqual(['602 ok "stamp"']);
  });

  it("that was refused each time ends as certainly not stored after 30 s", async () => {
    const world = await new World(one, { till: (question) => created(question, "fail") }).run(40_000);
    expect(world.ended).toEqual([expect.stringMatching(/^3[0-2]\d{3} fail null$/)]);
    expect(Math.max(...moments(world))).toBeLessThan(30_000);
  });

  it.each<[string, Till]>([
    ["never answered", () => undefined],
    ["answered that nobody knows", (question) => created(question, "info")],
    [
      "answered that nobody knows once, and refused since",
      (question, nth) => created(question, nth === 2 ? "info" : "fail"),
    ],
    ["not answered once, and refused since", (question, nth) => (nth === 2 ? undefined : created(question, "fail"))],
    ["refused, and not answered the last time", (question, nth) => (nth < 18 ? created(question, "fail") : undefined)],
  ])("that was %s ends as unknown after 30 s", async (_, till) => {
    const world = await new World(one, { till }).run(40_000);
    expect(world.ended).toEqual([expect.stringMatching(/^3[0-2]\d{3} info null$/)]);
  });

  it("completes once, whatever comes late", async () => {
    const till: Till = (question, _, env) => {
      env.transport.send(nodeId("c1"), created(question, "ok", "stamp"));
      env.transport.send(nodeId("c1"), created(question, "ok", "stamp"));
      return created(question, "fail");
    };
    const world = await new World(one, { till }).run(40_000);
    expect(world.ended).toEqual(['2 ok "stamp"']);
  });

  it("about another receipt has a number of its own", async () => {
    const world = await new World({ createAtMs: [0, 10], syncAtMs: [20] }).run(1_000);
    expect(world.questions.map((line) => line.split(" ").at(-1))).toEqual(["1", "2", "3"]);
  });
});
