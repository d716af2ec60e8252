import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { GuardedDatabase } from "../../src/system/components/guard/guarded-database.ts";
import type { GuardState } from "../../src/system/components/guard/guard-state.ts";
import { createSplitBrainGuard, type SplitBrainGuard } from "../../src/system/components/guard/split-brain-guard.ts";
import type { GuardHttpOptions } from "../../src/system/live/guard-http.ts";
import { SystemClock } from "../../src/system/live/system-clock.ts";
import { SystemTimers } from "../../src/system/live/system-timers.ts";
import { openWasmSqlite } from "../../src/system/live/wasm-sqlite.ts";
import { silentObserver } from "../../src/system/ports/observer.ts";
import { GuardWorld } from "../system/guard/guard-world.ts";
import { appKinds, listening, type AppKind } from "./guard-apps.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-apps-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const toClose: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** One application with its guard and a SQLite file of its own. */
interface Node {
  readonly host: string;
  /** The election and the coordinator behind the guard, in the test's hand. */
  readonly world: GuardWorld;
  readonly guard: SplitBrainGuard;
  readonly checks: readonly string[];
  names(): unknown[];
}

interface NodeOptions extends GuardHttpOptions {
  readonly pollMs?: number;
  /** The node is a replica of this host. */
  readonly replicaOf?: string;
  readonly onState?: (state: GuardState) => void;
  readonly onWrite?: (world: GuardWorld) => void;
}

async function startNode(kind: AppKind, options: NodeOptions = {}): Promise<Node> {
  const { pollMs = 0, replicaOf, onState, onWrite, ...http } = options;
  const world = new GuardWorld();
  const checks: string[] = [];
  const guard = createSplitBrainGuard({
    coordinator: world.coordinator,
    clock: new SystemClock(),
    timers: new SystemTimers(),
    pollMs,
    primary: {
      isPrimary: () => world.failover.state === "primary",
      ...(replicaOf === undefined ? {} : { primaryHostname: () => replicaOf }),
    },
    onState: ({ state }) => onState?.(state),
    observer: {
      ...silentObserver,
      point: (_, fields) => checks.push(`${String(fields?.["by"])}@${String(fields?.["request"])}`),
    },
  });
  const engine = await openWasmSqlite(join(folder, `${String(files++)}.db`));
  const database = new GuardedDatabase({ engine, authority: guard });
  await guard.start();
  database.exec("CREATE TABLE users (name TEXT PRIMARY KEY)");
  if (replicaOf !== undefined) {
    world.isElected = false;
    world.failover.coordinateTransition();
  }
  const app = await kind.start({
    guard,
    database,
    options: { nodeId: "n1", ...http },
    onWrite: () => onWrite?.(world),
  });
  toClose.push(
    () => database.close(),
    () => guard.stop(),
    () => app.close(),
  );
  return {
    host: app.host,
    world,
    guard,
    checks,
    names: () => database.all("SELECT name FROM users ORDER BY rowid").map((row) => row["name"]),
  };
}

function get(host: string, path = "/users"): Promise<Response> {
  return fetch(`http://${host}${path}`);
}
function post(host: string, name: string, path = "/users"): Promise<Response> {
  return fetch(`http://${host}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
    redirect: "manual",
  });
}

describe.each(appKinds)("the guard in $name", (kind) => {
  it("lets reads and writes pass on a healthy primary", async () => {
    const node = await startNode(kind);
    const written = await post(node.host, "ada");
    expect([written.status, await written.json()]).toEqual([201, { name: "ada" }]);
    expect(await (await get(node.host)).json()).toEqual(["ada"]);
    expect((await get(node.host, "/boom")).status).toBe(500);
  });

  it("answers writes 503 with Retry-After during a split, and reads as ever", async () => {
    const node = await startNode(kind);
    await post(node.host, "ada");
    node.world.split();
    const refused = await post(node.host, "eve");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("30");
    expect(await refused.json()).toMatchObject({ error: "ESPLITBRAIN" });
    const read = await get(node.host);
    expect([read.status, await read.json()]).toEqual([200, ["ada"]]);
    expect(node.names()).toEqual(["ada"]);
  });

  it("answers 503 from a handler whose commit was refused, and nothing is written", async () => {
    const node = await startNode(kind, { onWrite: (world) => world.split() });
    const refused = await post(node.host, "late");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
    expect(await refused.json()).toMatchObject({ error: "ESPLITBRAIN" });
    expect(node.names()).toEqual([]);
  });

  it("leaves other errors to the application", async () => {
    const node = await startNode(kind);
    const boom = await get(node.host, "/boom");
    expect([boom.status, await boom.text()]).toEqual([500, "the application's own"]);
  });

  it("passes 250 writes but those from request 101 on, where a split begins (S05)", async () => {
    const node = await startNode(kind);
    const statuses: number[] = [];
    for (let request = 1; request <= 250; request++) {
      if (request === 101) node.world.split();
      const response = await post(node.host, `u${String(request)}`);
      await response.arrayBuffer();
      statuses.push(response.status);
    }
    expect(statuses).toEqual([...Array<number>(100).fill(201), ...Array<number>(150).fill(503)]);
    expect(node.names()).toEqual(Array.from({ length: 100 }, (_, i) => `u${String(i + 1)}`));
    expect(node.checks).toEqual(["start@0", "count@100", "count@200"]);
    expect(node.world.fences).toBe(1);
  });

  it("passes 250 reads, and finds at the 200th what began at the 101st (S05)", async () => {
    const node = await startNode(kind);
    const states: GuardState[] = [];
    for (let request = 1; request <= 250; request++) {
      if (request === 101) node.world.split();
      const response = await get(node.host);
      await response.arrayBuffer();
      expect(response.status).toBe(200);
      states.push(node.guard.state);
    }
    expect(states.findIndex((state) => state !== "healthy") + 1).toBe(200);
  });

  it("finds a split on a node that nobody asks anything", async () => {
    let found = (): void => undefined;
    const resolved = new Promise<void>((resolve) => (found = resolve));
    const node = await startNode(kind, {
      pollMs: 20,
      onState: (state) => {
        if (state === "resolved") found();
      },
    });
    node.world.split();
    await resolved;
    expect(node.guard.requests).toBe(0);
    expect((await post(node.host, "eve")).status).toBe(503);
  });
});

describe.each(appKinds)("a replica in $name", (kind) => {
  it("answers writes 503 and names the primary; reads pass", async () => {
    const node = await startNode(kind, { replicaOf: "node-0" });
    const refused = await post(node.host, "eve");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
    expect(refused.headers.get("x-litefs-primary-node")).toBe("node-0");
    expect(await refused.json()).toMatchObject({ error: "ENOTPRIMARY" });
    expect((await get(node.host)).status).toBe(200);
    expect(node.names()).toEqual([]);
  });

  it("redirects writes to the primary", async () => {
    const primary = await startNode(kind);
    const replica = await startNode(kind, { replicaOf: primary.host, onReplica: "redirect" });
    const redirected = await post(replica.host, "ada", "/users?x=1");
    expect(redirected.status).toBe(307);
    const location = redirected.headers.get("location") ?? "";
    expect(location).toBe(`http://${primary.host}/users?x=1`);
    expect((await post(new URL(location).host, "ada", "/users?x=1")).status).toBe(201);
  });

  it("has Fly.io's proxy repeat writes at the primary, but not what it repeated already", async () => {
    const node = await startNode(kind, { replicaOf: "node-0", onReplica: "fly-replay" });
    const answered = await post(node.host, "ada");
    expect([answered.status, answered.headers.get("fly-replay")]).toEqual([503, "instance=node-0"]);
    const again = await fetch(`http://${node.host}/users`, {
      method: "POST",
      headers: { "fly-replay-src": "instance=node-1" },
    });
    expect([again.status, again.headers.get("fly-replay")]).toEqual([503, null]);
  });

  it("forwards writes to the primary with body and cookies, and writes nothing itself", async () => {
    const primary = await startNode(kind);
    const replica = await startNode(kind, { replicaOf: primary.host, onReplica: "forward" });
    const written = await post(replica.host, "grüße ".repeat(5_000));
    expect([written.status, await written.json()]).toEqual([201, { name: "grüße ".repeat(5_000) }]);
    expect(written.headers.getSetCookie()).toHaveLength(2);
    expect(written.headers.get("x-litefs-primary-node")).toBe(primary.host);
    expect(replica.names()).toEqual([]);
    expect(primary.names()).toHaveLength(1);
    const emptied = await fetch(`http://${replica.host}/users`, { method: "DELETE" });
    expect(emptied.status).toBe(204);
    expect(primary.names()).toEqual([]);
    expect(primary.guard.requests).toBe(2);
  });

  it("forwards one hop only: what came from a replica is answered 503", async () => {
    const third = await startNode(kind);
    const second = await startNode(kind, { replicaOf: third.host, onReplica: "forward" });
    const first = await startNode(kind, { replicaOf: second.host, onReplica: "forward" });
    const answered = await post(first.host, "ada");
    expect([answered.status, answered.headers.get("retry-after")]).toEqual([503, "30"]);
    expect([second.guard.requests, third.guard.requests]).toEqual([1, 0]);
  });

  it("tells a primary that was not reached from one that gave no answer", async () => {
    const dead = await listening(createServer());
    await dead.close();
    const toDead = await startNode(kind, { replicaOf: dead.host, onReplica: "forward" });
    const notReached = await post(toDead.host, "ada");
    expect([notReached.status, notReached.headers.get("retry-after")]).toEqual([503, "30"]);
    const silent = await listening(createServer());
    const toSilent = await startNode(kind, { replicaOf: silent.host, onReplica: "forward", forwardMsMax: 50 });
    const late = await post(toSilent.host, "ada");
    expect([late.status, late.headers.get("retry-after")]).toEqual([504, null]);
    const rude = await listening(createServer((request) => request.socket.destroy()));
    const toRude = await startNode(kind, { replicaOf: rude.host, onReplica: "forward" });
    expect((await post(toRude.host, "ada")).status).toBe(502);
    await silent.close();
    await rude.close();
  });

  it("takes the application's word for what is a write", async () => {
    const node = await startNode(kind, {
      replicaOf: "node-0",
      kindOf: ({ method, path }) => (method === "GET" && path.startsWith("/users?write") ? "write" : "read"),
    });
    expect((await get(node.host, "/users?write=1")).status).toBe(503);
    expect((await get(node.host, "/users?read=1")).status).toBe(200);
    // The guard was told that this is a read; the database knows better.
    expect(await (await post(node.host, "eve")).json()).toMatchObject({ error: "ENOTPRIMARY" });
  });
});
