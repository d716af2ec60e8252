import { createHash } from "node:crypto";
import { once } from "node:events";
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import type { ProxyConfig } from "../../src/system/components/proxy/proxy-config.ts";
import { startHttpProxy, type HttpProxy } from "../../src/system/live/http-proxy.ts";
import { liveWorld } from "./live-world.ts";
import { describeProxy, type App, type Place, type Seen, type WithProxies } from "./proxy.contract.ts";
import { StagedNode } from "./staged-node.ts";
import { sleep, until } from "./world.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  while (closing.length > 0) await closing.pop()?.();
});

/** A real application on loopback. */
async function startApp(serve: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

async function bodyOf(message: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const withProxies: WithProxies = (body, config = {}) =>
  liveWorld().run(async (env) => {
    const nodes = { p1: new StagedNode("p1"), p2: new StagedNode("p2") };
    nodes.p1.lead(1);
    nodes.p2.follow("p1");
    const apps: Record<Place, App> = { p1: async () => ({ status: 200 }), p2: async () => ({ status: 200 }) };
    const seen: Record<Place, Seen[]> = { p1: [], p2: [] };
    const proxies = new Map<string, HttpProxy>();
    const start = async (name: Place): Promise<void> => {
      const target = await startApp((request, response) => {
        const answering = async (): Promise<void> => {
          const { method = "", url: path = "" } = request;
          const headers = request.headers as Record<string, string>;
          const one = { method, path, headers, body: await bodyOf(request as AsyncIterable<Buffer>) };
          seen[name].push(one);
          const answer = await apps[name](one, (ms) => sleep(env.timers, ms));
          for (const [header, value] of answer.headers ?? []) response.appendHeader(header, value);
          response.writeHead(answer.status).end(answer.body);
        };
        void answering();
      });
      const primaryUrl = (other: string): string => proxies.get(other)?.url ?? "";
      const proxy = await startHttpProxy({ node: nodes[name], target, primaryUrl, config });
      closing.push(() => proxy.close());
      proxies.set(name, proxy);
    };
    await start("p1");
    await start("p2");
    return body({
      env,
      nodes,
      seen,
      setApp: (name, app) => (apps[name] = app),
      ask: async (name, { method, path, headers = {}, body: content }) => {
        const request = { method, headers, redirect: "manual" as const, ...(content && { body: content }) };
        const response = await fetch(`${proxies.get(name)?.url ?? ""}${path}`, request);
        return {
          status: response.status,
          body: await response.text(),
          header: (wanted) => response.headers.get(wanted) ?? undefined,
          cookies: response.headers.getSetCookie(),
        };
      },
    });
  });

describeProxy("HTTP on loopback", withProxies);

/** A proxy of a primary before this application. */
async function proxyBefore(target: string, config: ProxyConfig = {}): Promise<{ proxy: HttpProxy; node: StagedNode }> {
  const node = new StagedNode("p1");
  node.lead(1);
  node.add(1);
  const proxy = await startHttpProxy({ node, target, config });
  closing.push(() => proxy.close());
  return { proxy, node };
}

/** A server of bytes: does this to each connection. */
async function startSocketServer(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    serve(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** Sends bytes and gives all that comes back until the other side closes. */
async function talk(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(bytes);
  return bodyOf(socket as AsyncIterable<Buffer>);
}

const MEGABYTES = 24;
const chunk = Buffer.alloc(1_048_576, "faultline ");
const digest = (): string => {
  const hash = createHash("sha256");
  for (let i = 0; i < MEGABYTES; i++) hash.update(chunk);
  return hash.digest("hex");
};
async function* chunks(): AsyncGenerator<Buffer> {
  for (let i = 0; i < MEGABYTES; i++) yield chunk;
}

describe("the proxy on real sockets", () => {
  it("streams large bodies both ways, through a replica and the primary", async () => {
    const target = await startApp((request, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      request.pipe(response);
    });
    const { proxy: primary } = await proxyBefore(target);
    const replica = new StagedNode("p2");
    replica.follow("p1");
    const proxy = await startHttpProxy({ node: replica, target: "http://127.0.0.1:9", primaryUrl: () => primary.url });
    closing.push(() => proxy.close());
    const response = await fetch(proxy.url, {
      method: "PUT",
      body: Readable.toWeb(Readable.from(chunks())),
      duplex: "half",
    });
    const hash = createHash("sha256");
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) hash.update(part);
    expect([response.status, hash.digest("hex")]).toEqual([200, digest()]);
  });

  it("gives the beginning of an answer while its end is still to come", async () => {
    let end: () => void = () => undefined;
    const target = await startApp((_, response) => {
      response.write("one ");
      end = () => response.end("two");
    });
    const { proxy } = await proxyBefore(target);
    const response = await fetch(proxy.url);
    const reader = response.body?.getReader();
    if (reader === undefined) throw new Error("an answer has a body");
    const first = await reader.read();
    expect(Buffer.from(first.value ?? []).toString()).toBe("one ");
    end();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("two");
  });

  it("passes headers as they came, but for those of the connection", async () => {
    let seen: readonly string[] = [];
    const target = await startApp((request, response) => {
      seen = request.rawHeaders;
      response.writeHead(200, ["X-Twice", "a", "x-twice", "b", "Connection", "X-Secret", "X-Secret", "1"]).end();
    });
    const { proxy } = await proxyBefore(target);
    const answer = await talk(
      proxy.url,
      "GET / HTTP/1.1\r\nHost: shop.example\r\nX-Case: Yes\r\nX-Many: 1\r\nx-many: 2\r\nTE: trailers\r\n" +
        "Keep-Alive: timeout=9\r\nX-Hop: 1\r\nConnection: close, X-Hop\r\n\r\n",
    );
    const names = seen.filter((_, i) => i % 2 === 0);
    expect(names).toEqual(["Host", "X-Case", "X-Many", "X-Many", "Connection"]);
    expect(seen.slice(0, 8)).toEqual(["Host", "shop.example", "X-Case", "Yes", "X-Many", "1", "X-Many", "2"]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\nX-Twice: a\r\nX-Twice: b\r\n/);
    expect(answer).not.toContain("X-Secret");
  });

  it("keeps connections on both sides for reads", async () => {
    let connections = 0;
    const target = await startSocketServer((socket) => {
      connections++;
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    });
    const { proxy } = await proxyBefore(target);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.push(async () => agent.destroy());
    const reused: boolean[] = [];
    for (let i = 0; i < 3; i++) {
      const request = httpRequest(proxy.url, { agent }).end();
      const [response] = (await once(request, "response")) as [IncomingMessage];
      expect(await bodyOf(response as AsyncIterable<Buffer>)).toBe("ok");
      reused.push(request.reusedSocket);
    }
    expect([reused, connections]).toEqual([[false, true, true], 1]);
  });

  it("asks again when a kept connection turns out to be closed, for reads; and never on one for writes", async () => {
    const requests: string[] = [];
    const target = await startSocketServer((socket) => {
      let count = 0;
      socket.on("data", (data) => {
        requests.push(data.toString().split(" ", 1)[0] ?? "");
        // The second request of a connection finds it closed.
        if (++count > 1) socket.destroy();
        else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    const { proxy } = await proxyBefore(target);
    const statuses: number[] = [];
    for (const method of ["GET", "GET", "POST", "POST"]) statuses.push((await fetch(proxy.url, { method })).status);
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(requests).toEqual(["GET", "GET", "GET", "POST", "POST"]);
  });

  it("ends a request at the application when the client goes away", async () => {
    let isClosed = false;
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const target = await startApp((_, response) => {
      arrived();
      response.once("close", () => (isClosed = true));
    });
    const { proxy } = await proxyBefore(target);
    const gone = new AbortController();
    const asking = fetch(proxy.url, { signal: gone.signal }).catch((error: unknown) => (error as Error).name);
    await arrival;
    gone.abort();
    expect(await asking).toBe("AbortError");
    await liveWorld().run(async ({ timers }) => until(timers, () => isClosed));
  });

  it("stops waiting for a client that goes away", async () => {
    const target = await startApp((_, response) => response.end());
    const { node, proxy } = await proxyBefore(target);
    node.follow("p2");
    const gone = new AbortController();
    let polls = 0;
    node.standing = () => (polls++, "behind");
    const headers = { cookie: "__txid=0000000000000009.1" };
    const asking = fetch(proxy.url, { headers, signal: gone.signal }).catch((error: unknown) => (error as Error).name);
    await liveWorld().run(async ({ timers }) => {
      await until(timers, () => polls > 5);
      gone.abort();
      expect(await asking).toBe("AbortError");
      await sleep(timers, 50);
      const before = polls;
      await sleep(timers, 50);
      expect(polls).toBe(before);
    });
  });

  it("breaks an answer off that breaks off at the application", async () => {
    const target = await startSocketServer((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
    });
    const { proxy } = await proxyBefore(target);
    await expect(fetch(proxy.url).then((response) => response.text())).rejects.toThrow("terminated");
  });

  it.each([
    ["is not there", async () => "http://127.0.0.1:9"],
    ["hangs up", () => startSocketServer((socket) => socket.once("data", () => socket.destroy()))],
    ["talks nonsense", () => startSocketServer((socket) => socket.once("data", () => socket.end("nonsense\r\n\r\n")))],
  ])("answers 502 when the application %s", async (_, start) => {
    const { proxy } = await proxyBefore(await start());
    for (const request of [{}, { method: "POST", body: "3 apples" }]) {
      const response = await fetch(proxy.url, request);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([502, "PROXY_UPSTREAM"]);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
  });

  it("gives an answer that comes before the body was read", async () => {
    const target = await startSocketServer((socket) => {
      socket.once("data", () => {
        socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      });
    });
    const { proxy } = await proxyBefore(target);
    const answer = await talk(
      proxy.url,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nConnection: close\r\n\r\nsome",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 Too Large\r\n/);
  });

  it("refuses a write with a body that it never reads, and goes on serving the connection", async () => {
    const target = await startApp((_, response) => response.end("page"));
    const { node, proxy } = await proxyBefore(target, { primaryTimeoutMs: 20 });
    node.follow(undefined);
    const body = "x".repeat(200_000);
    const answer = await talk(
      proxy.url,
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}` +
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    expect(answer.match(/^HTTP\/1\.1 \d+/gm)).toEqual(["HTTP/1.1 503", "HTTP/1.1 200"]);
    expect(answer).toContain("page");
  });

  it("ends what waits when it is closed, and may be closed twice", async () => {
    const target = await startApp((_, response) => response.end());
    const { node, proxy } = await proxyBefore(target);
    node.follow(undefined);
    const asking = fetch(proxy.url, { method: "POST" }).catch((error: unknown) => (error as Error).name);
    await liveWorld().run(async ({ timers }) => {
      await sleep(timers, 50);
      await proxy.close();
      await proxy.close();
      expect(await asking).toBe("TypeError");
    });
  });

  it("refuses a port that is taken, and an address that is none", async () => {
    const { proxy, node } = await proxyBefore("http://127.0.0.1:9");
    const again = startHttpProxy({ node, target: "http://127.0.0.1:9", port: proxy.port });
    await expect(again).rejects.toMatchObject({ code: "EADDRINUSE" });
    await expect(startHttpProxy({ node, target: "localhost:8000" })).rejects.toMatchObject({ code: "PROXY_CONFIG" });
  });
});
