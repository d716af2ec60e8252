import { describe, expect, it } from "vitest";
import type { ProxyConfig } from "../../src/system/components/proxy/proxy-config.ts";
import type { NodeEnv } from "../../src/system/ports/node.ts";
import type { Asked, Response } from "./proxy.contract.ts";
import { sleep } from "./world.ts";

/** The nodes of a replicated database. */
export const IDS = ["p1", "p2", "p3"] as const;
export type Id = (typeof IDS)[number];

/** Slow enough for a machine that is busy. */
export const NODE_CONFIG = { durability: "async", electionTimeoutMs: 1_000, heartbeatMs: 100 } as const;

/** Three nodes with one replicated database, each with an application (`PUT` and `GET /kv/KEY`) and a proxy before it. */
export interface ReplicatedSetup {
  /** The client's. */
  readonly env: NodeEnv;
  ask(id: Id, asked: Asked): Promise<Response>;
  /** Has the primary hand its leadership over. */
  transfer(from: Id, to: Id): void;
}

/** Runs a body against three such nodes, with proxies of this configuration, until it settles. */
export type WithReplication = <T>(body: (setup: ReplicatedSetup) => Promise<T>, config?: ProxyConfig) => Promise<T>;

/** A client with one session, whose cookie it sends back. */
class Session {
  readonly #setup: ReplicatedSetup;
  readonly #name: string;
  #writes = 0;
  cookie = "";

  constructor(setup: ReplicatedSetup, name: string) {
    this.#setup = setup;
    this.#name = name;
  }

  async get(id: Id, key: string): Promise<Response> {
    return this.#keep(
      await this.#setup.ask(id, { method: "GET", path: `/kv/${key}`, headers: { cookie: this.cookie } }),
    );
  }
  async put(id: Id, key: string, body: string, more: Readonly<Record<string, string>> = {}): Promise<Response> {
    const headers = { cookie: this.cookie, "idempotency-key": `${this.#name}:${String(++this.#writes)}`, ...more };
    return this.#keep(await this.#setup.ask(id, { method: "PUT", path: `/kv/${key}`, headers, body }));
  }
  /** Writes until it is done: who is the primary may just be decided. */
  async done(id: Id, key: string, body: string): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
      if ((await this.put(id, key, body)).status === 204) return;
      await sleep(this.#setup.env.timers, 200);
    }
    throw new Error(`${id} did not take ${key}`);
  }
  /** Transaction and epoch of the cookie. */
  get mark(): { readonly txid: bigint; readonly epoch: number } {
    const [, txid = "0", epoch = "0"] = /^__txid=([0-9a-f]+)\.(\d+)$/.exec(this.cookie) ?? [];
    return { txid: BigInt(`0x${txid}`), epoch: Number(epoch) };
  }
  set mark({ txid, epoch }) {
    this.cookie = `__txid=${txid.toString(16).padStart(16, "0")}.${String(epoch)}`;
  }

  #keep(response: Response): Response {
    const set = response.cookies[0]?.split(";")[0];
    if (set !== undefined) this.cookie = set;
    return response;
  }
}

const codeOf = ({ status, body }: Response): readonly [number, unknown] => [
  status,
  (JSON.parse(body) as { code: unknown }).code,
];

/** Who is the primary, as a request that is passed on already finds out; and the others. */
async function roles(setup: ReplicatedSetup): Promise<{ primary: Id; replicas: readonly Id[] }> {
  const probe = new Session(setup, "probe");
  for (let tries = 0; tries < 100; tries++) {
    for (const id of IDS) {
      const { status } = await probe.put(id, "probe", "x", { "x-litefs-forwarded": "test" });
      if (status === 204) return { primary: id, replicas: IDS.filter((one) => one !== id) };
    }
    await sleep(setup.env.timers, 100);
  }
  throw new Error("nobody is the primary");
}

/** What a proxy promises, over a database that really is replicated. */
export function describeReplicatedProxy(name: string, withReplication: WithReplication): void {
  describe(`a read-your-writes proxy over real replication: ${name}`, () => {
    it("shows a session its own write at every node, whichever it was sent to", () =>
      withReplication(async (setup) => {
        await roles(setup);
        const session = new Session(setup, "c1");
        for (const at of IDS) {
          const before = session.mark.txid;
          await session.done(at, "k", `written at ${at}`);
          expect(session.mark.txid).toBeGreaterThan(before);
          for (const id of IDS)
            expect(await session.get(id, "k")).toMatchObject({ status: 200, body: `written at ${at}` });
        }
      }));

    it("has a read wait for what is on its way", () =>
      withReplication(async (setup) => {
        const { primary, replicas } = await roles(setup);
        const [writer, reader] = [new Session(setup, "c1"), new Session(setup, "c2")];
        await writer.done(primary, "k", "old");
        const { txid, epoch } = writer.mark;
        reader.mark = { txid: txid + 1n, epoch };
        const reading = replicas.map((id) => reader.get(id, "k"));
        await sleep(setup.env.timers, 100);
        await writer.done(primary, "k", "new");
        for (const answer of await Promise.all(reading)) expect(answer).toMatchObject({ status: 200, body: "new" });
      }));

    it("answers 504 at a replica for what does not come, and 409 where it is known that it never will", () =>
      withReplication(
        async (setup) => {
          const { primary, replicas } = await roles(setup);
          const writer = new Session(setup, "c1");
          await writer.done(primary, "k", "v");
          const { txid, epoch } = writer.mark;
          for (const id of IDS) {
            const reader = new Session(setup, "c2");
            reader.mark = { txid: txid + 9n, epoch };
            const expected = replicas.includes(id) ? [504, "PROXY_BEHIND"] : [409, "READ_YOUR_WRITES_LOST"];
            expect(codeOf(await reader.get(id, "k"))).toEqual(expected);
          }
          // Of a primary before the first one that is in the history.
          for (const id of IDS) {
            await writer.get(id, "k");
            const reader = new Session(setup, "c3");
            reader.mark = { txid, epoch: 0 };
            expect(codeOf(await reader.get(id, "k"))).toEqual([409, "READ_YOUR_WRITES_LOST"]);
            expect(reader.cookie).toBe("__txid=");
          }
        },
        { readTimeoutMs: 400 },
      ));

    it("goes one hop: a replica that is asked by another passes nothing on, and names the primary", () =>
      withReplication(async (setup) => {
        const { primary, replicas } = await roles(setup);
        const session = new Session(setup, "c1");
        const answer = await session.put(replicas[0] as Id, "k", "v", { "x-litefs-forwarded": "p9" });
        expect([...codeOf(answer), answer.header("x-litefs-primary-node")]).toEqual([
          503,
          "PROXY_NOT_PRIMARY",
          primary,
        ]);
      }));

    it("keeps its promise over a change of the primary, with cookies of both", () =>
      withReplication(async (setup) => {
        const { primary, replicas } = await roles(setup);
        const [next, third] = replicas as [Id, Id];
        const [before, after] = [new Session(setup, "c1"), new Session(setup, "c2")];
        await before.done(third, "k1", "before");
        for (const id of IDS) expect((await before.get(id, "k1")).status).toBe(200);
        setup.transfer(primary, next);
        for (let tries = 0; (await roles(setup)).primary !== next; tries++) expect(tries).toBeLessThan(20);
        // What came to the former primary is passed on now.
        await after.done(primary, "k2", "after");
        expect(after.mark.epoch).toBeGreaterThan(before.mark.epoch);
        for (const id of IDS) {
          expect(await after.get(id, "k2")).toMatchObject({ status: 200, body: "after" });
          expect(await before.get(id, "k1")).toMatchObject({ status: 200, body: "before" });
        }
      }));

    it("says that it is healthy where all that the primary has is there", () =>
      withReplication(async (setup) => {
        const session = new Session(setup, "c1");
        await roles(setup);
        await session.done("p1", "k", "v");
        for (const id of IDS) {
          await session.get(id, "k");
          const health = await setup.ask(id, { method: "GET", path: "/litefs/health" });
          expect(codeOf(health)).toEqual([200, "PROXY_HEALTHY"]);
        }
      }));
  });
}
