import { nodeId, type NodeEnv, type NodeId, type Program } from "../../../src/system/ports/node.ts";
import { ofdServer } from "../../../src/system/programs/ofd/server.ts";
import type { PosAdapterConfig } from "../../../src/system/programs/pos-adapter/config.ts";
import { posAdapter } from "../../../src/system/programs/pos-adapter/pos-adapter.ts";
import { redisServer } from "../../../src/system/programs/redis/server.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";
import { TestWorld } from "../../sim/world.ts";

/** Adapters, a Redis `redis1`, an OFD `ofd1`, and cashiers `c1` and `c2` that send what the test tells them. Messages take 1 ms. */
export class PosWorld extends TestWorld {
  /** `ms cashier type outcome …` of every answer. */
  readonly answers: string[] = [];
  readonly #cashiers = new Map<NodeId, NodeEnv>();

  #asked = 0;

  /** @param options.clocks By how many ms clocks are ahead. */
  constructor(
    config: PosAdapterConfig = {},
    { tills = ["pos1"], clocks = {} }: { tills?: readonly string[]; clocks?: Readonly<Record<string, number>> } = {},
  ) {
    const cashier: Program<unknown> = {
      name: "cashier",
      start: (env) => {
        this.#cashiers.set(env.id, env);
        env.transport.subscribe((_, { type, ...facts }) => {
          this.answers.push([env.clock.monotonic(), env.id, type, ...Object.values(facts)].map(String).join(" "));
        });
        return {};
      },
    };
    const spec = (id: string, program: Program<never>, peers: readonly string[] = []) => ({
      id: nodeId(id),
      role: "node" as const,
      program: program as Program<unknown>,
      config: program === posAdapter ? config : {},
      peers: peers.map(nodeId),
      clock: { offsetUs: (clocks[id] ?? 0) * 1_000 },
    });
    super(
      {},
      {
        cluster: {
          nodes: [
            ...tills.map((id) =>
              spec(
                id,
                posAdapter,
                tills.filter((other) => other !== id),
              ),
            ),
            ...[spec("redis1", redisServer), spec("ofd1", ofdServer), spec("c1", cashier), spec("c2", cashier)],
          ],
        },
      },
    );
  }

  /** A cashier asks for a receipt; numbers of questions count from 1. */
  create(
    ms: number,
    receipt: string,
    { till = "pos1", cashier = "c1", payload = "sale" }: { till?: string; cashier?: string; payload?: string } = {},
  ): this {
    const id = ++this.#asked;
    return this.at(ms, () => {
      this.#cashiers.get(nodeId(cashier))?.transport.send(nodeId(till), { type: "pos.create", id, receipt, payload });
    });
  }
  /** A cashier asks for a sync. */
  sync(ms: number, { till = "pos1", cashier = "c1", number = ++this.#asked } = {}): this {
    return this.at(ms, () => {
      this.#cashiers.get(nodeId(cashier))?.transport.send(nodeId(till), { type: "pos.sync", id: number });
    });
  }

  /** Registers another receipt under a name. */
  occupy(ms: number, key: string): this {
    const content = { key, posId: "c1", payload: "another", receiptHlc: "0000000000010000-c1", fencing: "0", hlc: "" };
    const request = { type: "ofd.register", session: "c1", id: ++this.#asked, isRepeat: false, ...content };
    return this.at(ms, () => this.#cashiers.get(nodeId("c1"))?.transport.send(nodeId("ofd1"), request));
  }

  named(name: string): readonly Extract<TraceRecord, { kind: "point" }>[] {
    return this.records("point").filter((record) => record.name === name);
  }
  /** Every message of a type, as `from>to receipt`. */
  sentTo(type: string): string[] {
    return this.records("sent").flatMap(({ node, to, message }) =>
      message.type === type ? [`${node}>${to} ${JSON.stringify(message["receipt"])}`] : [],
    );
  }
  /** The node whose state last became this. */
  lastOf(key: string, value: string): string {
    return this.records("state").findLast((record) => record.key === key && record.value === value)?.node ?? "";
  }
}
