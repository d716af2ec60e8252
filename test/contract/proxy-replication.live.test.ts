import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import type { ProxyConfig } from "../../src/system/components/proxy/proxy-config.ts";
import { startHttpProxy, type HttpProxy } from "../../src/system/live/http-proxy.ts";
import { openWasmSqlite } from "../../src/system/live/wasm-sqlite.ts";
import { nodeId, type NodeEnv, type RunningProgram } from "../../src/system/ports/node.ts";
import { sqlNode, type SqlNode } from "../../src/system/programs/sql-node/sql-node.ts";
import { liveWorld } from "./live-world.ts";
import { describeReplicatedProxy, IDS, NODE_CONFIG, type WithReplication } from "./proxy-replication.contract.ts";

const root = mkdtempSync(join(tmpdir(), "faultline-proxy-replication-"));
const closing: (() => unknown)[] = [];
let runs = 0;
afterEach(async () => {
  while (closing.length > 0) await closing.pop()?.();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const CREATE = "CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value TEXT NOT NULL)";

/** An application on a node's SQLite file: `PUT` and `GET /kv/KEY`. */
async function startApp(node: SqlNode): Promise<string> {
  const serve = async (request: IncomingMessage): Promise<readonly [status: number, body: string]> => {
    const key = (request.url ?? "").slice("/kv/".length);
    if (request.method === "GET") {
      const [row] = node.read("SELECT value FROM kv WHERE key = ?", [key]);
      return row === undefined ? [404, ""] : [200, String(row["value"])];
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const parameters = [key, Buffer.concat(chunks).toString()];
    await node.write([{ sql: CREATE }, { sql: "REPLACE INTO kv VALUES (?, ?)", parameters }]);
    return [204, ""];
  };
  const server = createServer((request, response) => {
    serve(request).then(
      ([status, body]) => response.writeHead(status).end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const withReplication: WithReplication = async (body, config: ProxyConfig = {}) => {
  const run = String(++runs);
  const running = new Map<string, RunningProgram>();
  const proxies = new Map<string, HttpProxy>();
  const start = async (env: NodeEnv): Promise<void> => {
    const peers = IDS.filter((id) => id !== env.id).map(nodeId);
    const engine = await openWasmSqlite(join(root, `${run}-${env.id}.db`));
    let node: SqlNode | undefined;
    const program = sqlNode(engine, (one) => (node = one));
    running.set(env.id, program.start({ ...env, peers }, NODE_CONFIG));
    if (node === undefined) throw new Error("a program gives its node when it starts");
    const target = await startApp(node);
    const primaryUrl = (name: string): string => proxies.get(name)?.url ?? "";
    const proxy = await startHttpProxy({ node, target, primaryUrl, config });
    proxies.set(env.id, proxy);
    closing.push(() => proxy.close());
  };
  return liveWorld().run(
    async (env) => {
      const isUp = (): boolean => IDS.every((id) => proxies.has(id));
      while (!isUp()) await new Promise((resolve) => setTimeout(resolve, 20));
      return body({
        env,
        transfer: (from, to) => running.get(from)?.control?.({ type: "raft.transfer", to }),
        ask: async (id, { method, path, headers = {}, body: content }) => {
          const response = await fetch(`${proxies.get(id)?.url ?? ""}${path}`, {
            ...{ method, headers },
            ...(content === undefined ? {} : { body: content }),
          });
          return {
            status: response.status,
            body: await response.text(),
            header: (wanted) => response.headers.get(wanted) ?? undefined,
            cookies: response.headers.getSetCookie(),
          };
        },
      });
    },
    Object.fromEntries(IDS.map((id) => [id, start])),
  );
};

describeReplicatedProxy("HTTP on loopback, over SQLite files", withReplication);
