import { describe, expect, it } from "vitest";
import type { ProxyConfig } from "../../src/system/components/proxy/proxy-config.ts";
import type { NodeEnv } from "../../src/system/ports/node.ts";
import type { StagedNode } from "./staged-node.ts";
import { sleep, until } from "./world.ts";

/** Two nodes, `p1` and `p2`, each with a proxy and an application behind it. */
export type Place = "p1" | "p2";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request as it came to an application; names of headers in small letters. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** An application. `pause` waits on its own node's timers. */
export type App = (request: Seen, pause: (ms: number) => Promise<void>) => Promise<Answer>;

export interface Response {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly cookies: readonly string[];
  readonly body: string;
}

export interface ProxySetup {
  /** The client's. */
  readonly env: NodeEnv;
  readonly nodes: Readonly<Record<Place, StagedNode>>;
  /** Requests that came to the application of a node. */
  readonly seen: Readonly<Record<Place, readonly Seen[]>>;
  setApp(place: Place, app: App): void;
  ask(place: Place, asked: Asked): Promise<Response>;
}

/** Runs a body against two proxies of this configuration: `p1` is the primary of epoch 1, `p2` its replica, their databases empty. */
export type WithProxies = <T>(body: (setup: ProxySetup) => Promise<T>, config?: ProxyConfig) => Promise<T>;

const PAGE = { method: "GET", path: "/page?x=1" };
const POST = { method: "POST", path: "/orders", body: "3 apples" };

function withCookie<T extends Asked>(asked: T, mark: string): T {
  return { ...asked, headers: { ...asked.headers, cookie: `theme=dark; __txid=${mark}; lang=en` } };
}
function codeOf({ status, body }: Response): readonly [number, string] {
  return [status, (JSON.parse(body) as { code: string }).code];
}
const cookieOf = (mark: string): string => `__txid=${mark}; Path=/; HttpOnly; Max-Age=300`;
const mark = (txid: number, epoch: number): string => `${txid.toString(16).padStart(16, "0")}.${String(epoch)}`;

/** What a {@link ReadYourWritesProxy} promises over any transport. */
export function describeProxy(name: string, withProxies: WithProxies): void {
  describe(`proxy contract: ${name}`, () => {
    it("passes a write at the primary on, and gives the position after it as a cookie", async () => {
      const { response, seen } = await withProxies(async ({ nodes, seen, setApp, ask }) => {
        nodes.p1.add(1, 20);
        setApp("p1", async (_, pause) => {
          await pause(20);
          nodes.p1.add(1);
          return { status: 201, headers: [["x-app", "yes"]], body: "made" };
        });
        return { response: await ask("p1", { ...POST, headers: { "x-trace": "7" } }), seen: seen.p1 };
      });
      expect(response).toMatchObject({ status: 201, body: "made", cookies: [cookieOf(mark(21, 1))] });
      expect(response.header("x-app")).toBe("yes");
      expect(seen).toMatchObject([{ method: "POST", path: "/orders", body: "3 apples", headers: { "x-trace": "7" } }]);
    });

    it("keeps the cookies that the application sets, and gives none before the first transaction", async () => {
      const { first, second } = await withProxies(async ({ nodes, setApp, ask }) => {
        const headers = [
          ["set-cookie", "a=1; Path=/"],
          ["set-cookie", "b=2"],
        ] as const;
        setApp("p1", async () => ({ status: 200, headers }));
        const without = await ask("p1", POST);
        nodes.p1.add(1);
        return { first: without, second: await ask("p1", POST) };
      });
      expect(first.cookies).toEqual(["a=1; Path=/", "b=2"]);
      expect(second.cookies).toEqual(["a=1; Path=/", "b=2", cookieOf(mark(1, 1))]);
    });

    it.each(["GET", "HEAD"])("has a %s wait until the replica has what its session wrote", async (method) => {
      const { response, tookMs } = await withProxies(async ({ env, nodes, seen, setApp, ask }) => {
        nodes.p2.add(1, 4);
        setApp("p2", async () => ({ status: 200, body: `state ${String(nodes.p2.history.length)}` }));
        const startMs = env.clock.monotonic();
        const reading = ask("p2", withCookie({ ...PAGE, method }, mark(5, 1)));
        await sleep(env.timers, 100);
        expect(seen.p2).toEqual([]);
        nodes.p2.add(1);
        return { response: await reading, tookMs: env.clock.monotonic() - startMs };
      });
      expect(response).toMatchObject({ status: 200, body: method === "HEAD" ? "" : "state 5", cookies: [] });
      expect(tookMs).toBeGreaterThanOrEqual(99);
    });

    it("answers 504 when it does not come in time, and never asks the application", async () => {
      const { response, tookMs, seen } = await withProxies(
        async ({ env, nodes, seen, ask }) => {
          nodes.p2.add(1, 4);
          const startMs = env.clock.monotonic();
          const late = await ask("p2", withCookie(PAGE, mark(5, 1)));
          return { response: late, tookMs: env.clock.monotonic() - startMs, seen: seen.p2 };
        },
        { readTimeoutMs: 300 },
      );
      expect(codeOf(response)).toEqual([504, "PROXY_BEHIND"]);
      expect(tookMs).toBeGreaterThanOrEqual(299);
      expect(tookMs).toBeLessThan(3_000);
      expect(seen).toEqual([]);
    });

    it.each([
      ["no cookie", PAGE],
      ["a garbled one", withCookie(PAGE, "12")],
      ["one with a garbled epoch", withCookie(PAGE, `${mark(5, 1)}x`)],
      ["one that was taken away", withCookie(PAGE, "")],
    ])("passes a read with %s straight on", async (_, asked) => {
      const { response, seen } = await withProxies(async ({ setApp, seen, ask }) => {
        setApp("p2", async () => ({ status: 200, body: "old" }));
        return { response: await ask("p2", asked), seen: seen.p2 };
      });
      expect(response).toMatchObject({ status: 200, body: "old", cookies: [] });
      expect(seen).toMatchObject([{ method: "GET", path: "/page?x=1" }]);
    });

    it("compares numbers alone where the cookie tells no epoch, as LiteFS does", async () => {
      const statuses = await withProxies(
        async ({ nodes, ask }) => {
          nodes.p2.history = [1, 1, 3, 3];
          const plain = (txid: number): string => mark(txid, 0).slice(0, 16);
          const here = await ask("p2", withCookie(PAGE, plain(4)));
          return [here.status, (await ask("p2", withCookie(PAGE, plain(5)))).status];
        },
        { readTimeoutMs: 50 },
      );
      expect(statuses).toEqual([200, 504]);
    });

    it("passes a write on a replica on to the primary, whole, and its cookie back", async () => {
      const { response, seen } = await withProxies(async ({ nodes, seen, setApp, ask }) => {
        setApp("p1", async () => {
          nodes.p1.add(1);
          return { status: 201, headers: [["location", "/orders/1"]], body: "made" };
        });
        return { response: await ask("p2", { ...POST, headers: { "x-trace": "7" } }), seen: { ...seen } };
      });
      expect(response).toMatchObject({ status: 201, body: "made", cookies: [cookieOf(mark(1, 1))] });
      expect(response.header("location")).toBe("/orders/1");
      expect(seen.p2).toEqual([]);
      expect(seen.p1).toMatchObject([
        {
          method: "POST",
          path: "/orders",
          body: "3 apples",
          headers: { "x-trace": "7", "x-litefs-forwarded": "p2" },
        },
      ]);
    });

    it("passes nothing on a second time: two nodes that take each other for the primary do not play ball", async () => {
      const { response, seen } = await withProxies(async ({ nodes, seen, ask }) => {
        nodes.p1.follow("p2");
        return { response: await ask("p2", POST), seen: { ...seen } };
      });
      expect(codeOf(response)).toEqual([503, "PROXY_NOT_PRIMARY"]);
      expect(response.header("x-litefs-primary-node")).toBe("p2");
      expect(response.header("retry-after")).toBe("30");
      expect(seen).toEqual({ p1: [], p2: [] });
    });

    it("has a write wait for a primary, and refuses it when there is none in time", async () => {
      const { refused, served } = await withProxies(
        async ({ env, nodes, ask }) => {
          nodes.p1.follow(undefined);
          const none = await ask("p1", POST);
          // Elected, and not ready for writes yet.
          nodes.p1.follow("p1");
          const waiting = ask("p1", POST);
          await sleep(env.timers, 50);
          nodes.p1.lead(2);
          nodes.p1.add(2);
          return { refused: none, served: await waiting };
        },
        { primaryTimeoutMs: 300 },
      );
      expect(codeOf(refused)).toEqual([503, "PROXY_NO_PRIMARY"]);
      expect(refused.header("retry-after")).toBe("30");
      expect(served).toMatchObject({ status: 200, cookies: [cookieOf(mark(1, 2))] });
    });

    it("tells a session that its write is lost, instead of showing it another of that number", async () => {
      const { answers, seen } = await withProxies(async ({ nodes, seen, ask }) => {
        // Epoch 1 had seven transactions; the primary of epoch 2 went on from the fourth.
        nodes.p2.history = [1, 1, 1, 1, 2, 2, 2, 2];
        const lost = await ask("p2", withCookie(PAGE, mark(7, 1)));
        const kept = await ask("p2", withCookie(PAGE, mark(4, 1)));
        nodes.p1.history = nodes.p2.history;
        nodes.p1.lead(2);
        return { answers: [lost, kept, await ask("p2", withCookie(POST, mark(7, 1)))], seen: { ...seen } };
      });
      const [lost, kept, write] = answers as [Response, Response, Response];
      for (const answer of [lost, write]) {
        expect(codeOf(answer)).toEqual([409, "READ_YOUR_WRITES_LOST"]);
        expect(answer.cookies).toEqual(["__txid=; Path=/; HttpOnly; Max-Age=0"]);
      }
      expect(kept.status).toBe(200);
      expect([seen.p1.length, seen.p2.length]).toEqual([0, 1]);
    });

    it("knows at the primary that what it has not will never come", async () => {
      const { read, write, newer } = await withProxies(async ({ nodes, ask }) => {
        nodes.p1.history = [1, 1];
        nodes.p1.lead(2);
        const lost = await ask("p1", withCookie(PAGE, mark(3, 1)));
        const refused = await ask("p1", withCookie(POST, mark(3, 1)));
        return { read: lost, write: refused, newer: await ask("p1", withCookie(POST, mark(3, 3))) };
      });
      expect([codeOf(read), codeOf(write)]).toEqual([
        [409, "READ_YOUR_WRITES_LOST"],
        [409, "READ_YOUR_WRITES_LOST"],
      ]);
      expect(codeOf(newer)).toEqual([503, "PROXY_NOT_PRIMARY"]);
    });

    it("gives no answer from a history that was replaced while the application was reading", async () => {
      const response = await withProxies(async ({ nodes, setApp, ask }) => {
        nodes.p2.history = [1, 1, 1];
        setApp("p2", async () => {
          nodes.p2.history = [1, 2, 2, 2];
          return { status: 200, body: "without the write" };
        });
        return ask("p2", withCookie(PAGE, mark(3, 1)));
      });
      expect(codeOf(response)).toEqual([409, "READ_YOUR_WRITES_LOST"]);
    });

    it("does not confirm a write that ended after the node was no longer the primary", async () => {
      const { done, failed } = await withProxies(async ({ nodes, setApp, ask }) => {
        const answering = (status: number): void =>
          setApp("p1", async () => {
            nodes.p1.add(1);
            nodes.p1.follow("p2");
            return { status };
          });
        answering(200);
        const unsure = await ask("p1", POST);
        nodes.p1.lead(1);
        answering(500);
        return { done: unsure, failed: await ask("p1", POST) };
      });
      expect(codeOf(done)).toEqual([503, "PROXY_WRITE_UNCONFIRMED"]);
      expect([done.cookies, failed.status, failed.cookies]).toEqual([[], 500, []]);
    });

    it("has nothing to do with paths that pass through", async () => {
      const { responses, seen } = await withProxies(
        async ({ setApp, seen, ask }) => {
          setApp("p2", async ({ path }) => ({ status: 200, body: path }));
          const read = await ask("p2", withCookie({ method: "GET", path: "/static/a.css" }, mark(9, 1)));
          const write = await ask("p2", { method: "POST", path: "/upload/cat.png", body: "cat" });
          return { responses: [read, write], seen: { ...seen } };
        },
        { passthrough: ["/static/*", "*.png"] },
      );
      expect(responses.map(({ status, body, cookies }) => [status, body, cookies])).toEqual([
        [200, "/static/a.css", []],
        [200, "/upload/cat.png", []],
      ]);
      expect([seen.p1.length, seen.p2.length]).toEqual([0, 2]);
    });

    it("takes reads of some paths to the primary", async () => {
      const { response, seen } = await withProxies(
        async ({ nodes, setApp, seen, ask }) => {
          nodes.p1.add(1, 3);
          setApp("p1", async () => ({ status: 200, body: "fresh" }));
          return { response: await ask("p2", { method: "GET", path: "/balance" }), seen: { ...seen } };
        },
        { alwaysForward: ["/balance"] },
      );
      expect(response).toMatchObject({ status: 200, body: "fresh", cookies: [cookieOf(mark(3, 1))] });
      expect([seen.p1.length, seen.p2.length]).toEqual([1, 0]);
    });

    it("leaves writes to Fly.io's proxy, when told so", async () => {
      const { response, seen } = await withProxies(
        async ({ seen, ask }) => ({ response: await ask("p2", POST), seen: { ...seen } }),
        { onReplica: "fly-replay" },
      );
      expect(codeOf(response)).toEqual([503, "PROXY_NOT_PRIMARY"]);
      expect(response.header("fly-replay")).toBe("instance=p1");
      expect(seen).toEqual({ p1: [], p2: [] });
    });

    it("gives readers a cookie too, when told so: what was seen at one node, another shows", async () => {
      const { first, second } = await withProxies(
        async ({ env, nodes, setApp, ask }) => {
          nodes.p1.add(1, 6);
          nodes.p2.add(1, 5);
          for (const place of ["p1", "p2"] as const)
            setApp(place, async () => ({ status: 200, body: String(nodes[place].history.length) }));
          const fresh = await ask("p1", PAGE);
          const reading = ask("p2", withCookie(PAGE, mark(6, 1)));
          await sleep(env.timers, 50);
          nodes.p2.add(1);
          return { first: fresh, second: await reading };
        },
        { monotonicReads: true },
      );
      expect(first).toMatchObject({ body: "6", cookies: [cookieOf(mark(6, 1))] });
      expect(second).toMatchObject({ body: "6", cookies: [cookieOf(mark(6, 1))] });
    });

    it("tells load balancers how far behind it is, without asking the application", async () => {
      const health = { method: "GET", path: "/litefs/health" };
      const { answers, seen } = await withProxies(async ({ nodes, seen, ask }) => {
        const codes = [codeOf(await ask("p2", health))];
        nodes.p2.lagMs = 10_000;
        codes.push(codeOf(await ask("p2", health)));
        nodes.p2.lagMs = 10_001;
        codes.push(codeOf(await ask("p2", health)));
        nodes.p2.lagMs = Infinity;
        codes.push(codeOf(await ask("p2", health)));
        return { answers: codes, seen: seen.p2 };
      });
      expect(answers).toEqual([
        [200, "PROXY_HEALTHY"],
        [200, "PROXY_HEALTHY"],
        [503, "PROXY_LAGGING"],
        [503, "PROXY_LAGGING"],
      ]);
      expect(seen).toEqual([]);
    });

    it("answers 504 when the application, or the primary, does not answer in time", async () => {
      const { read, write } = await withProxies(
        async ({ setApp, ask }) => {
          for (const place of ["p1", "p2"] as const) setApp(place, () => new Promise(() => undefined));
          return { read: await ask("p1", PAGE), write: await ask("p2", POST) };
        },
        { upstreamTimeoutMs: 200 },
      );
      expect([codeOf(read), codeOf(write)]).toEqual([
        [504, "PROXY_UPSTREAM_TIMEOUT"],
        [504, "PROXY_UPSTREAM_TIMEOUT"],
      ]);
    });

    it("serves many sessions that wait for different things", async () => {
      const order = await withProxies(async ({ env, nodes, setApp, ask }) => {
        const ended: number[] = [];
        setApp("p2", async () => ({ status: 200 }));
        // A request of its own connection each, in any order.
        const all = [5, 3, 4, 1, 2].map(async (txid) => {
          const { status } = await ask("p2", withCookie(PAGE, mark(txid, 1)));
          ended.push(status === 200 ? txid : -txid);
        });
        for (let made = 1; made <= 5; made++) {
          nodes.p2.add(1);
          await until(env.timers, () => ended.length === made);
        }
        await Promise.all(all);
        return ended;
      });
      expect(order).toEqual([1, 2, 3, 4, 5]);
    });
  });
}
