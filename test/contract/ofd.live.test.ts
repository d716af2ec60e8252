import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { OFD_SUCCESS } from "../../src/system/components/receipts/ofd-modes.ts";
import { OfdError } from "../../src/system/components/receipts/ofd-port.ts";
import { HttpOfdClient } from "../../src/system/live/http-ofd-client.ts";
import { startHttpOfd, type HttpOfd } from "../../src/system/live/http-ofd-server.ts";
import { liveWorld } from "./live-world.ts";
import { describeOfd, type WithOfd } from "./ofd.contract.ts";

const withOfd: WithOfd = (body, config = {}) =>
  liveWorld().run(async (env) => {
    const { disk } = env;
    let server = await startHttpOfd({ disk, ...config });
    const { url, port } = server;
    const stamps: string[] = [];
    const clients = [
      new HttpOfdClient({ url, onStamp: (hlc) => stamps.push(hlc) }),
      new HttpOfdClient({ url }),
    ] as const;
    try {
      return await body({
        env,
        ofd: clients[0],
        second: clients[1],
        stamps,
        setMode: async (mode) => {
          const response = await fetch(`${url}/mode`, { method: "PUT", body: JSON.stringify(mode) });
          expect(await response.json()).toEqual(mode);
        },
        accepted: async () => {
          const { receipts } = (await (await fetch(`${url}/accepted`)).json()) as { receipts: { key: string }[] };
          return receipts.map(({ key }) => key);
        },
        attempts: async () => server.register.attempts,
        restartServer: async () => {
          await server.close();
          server = await startHttpOfd({ port, disk, ...config });
        },
      });
    } finally {
      for (const client of clients) client.close();
      await server.close();
    }
  });

describeOfd("HTTP on loopback", withOfd);

const REGISTRATION = { key: "a", posId: "till", payload: "", receiptHlc: "0000000003e80000-till", fencing: "1" };
const HLC = "017c3f5a8e400000-n1";

async function withServer<T>(body: (server: HttpOfd) => Promise<T>): Promise<T> {
  const server = await startHttpOfd();
  try {
    return await body(server);
  } finally {
    await server.close();
  }
}

async function codeAt(url: string): Promise<unknown> {
  const client = new HttpOfdClient({ url });
  try {
    const { signal } = new AbortController();
    return await client.register(REGISTRATION, { signal, hlc: HLC });
  } catch (error) {
    return error instanceof OfdError ? [error.code, error.definite, error.isBusiness] : error;
  } finally {
    client.close();
  }
}

/** A server that does this to each connection once it has read something of it. */
async function withSocket<T>(answer: (socket: Socket) => void, body: (url: string) => Promise<T>): Promise<T> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await body(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  } finally {
    server.close();
  }
}

const raw =
  (text: string) =>
  (socket: Socket): unknown =>
    socket.end(text.replaceAll("\n", "\r\n"));

describe("the client of an OFD over HTTP", () => {
  it("knows that nobody is there, so that nothing was sent", async () => {
    const url = await withServer(async (server) => server.url);
    expect(await codeAt(url)).toEqual(["OFD_UNAVAILABLE", true, false]);
  });

  it("takes a broken connection and an answer it cannot read for a lost answer", async () => {
    const reset = await withSocket((socket) => socket.resetAndDestroy(), codeAt);
    const ended = await withSocket((socket) => socket.end(), codeAt);
    const torn = await withSocket(raw("HTTP/1.1 201 Created\nContent-Length: 100\n\n{"), codeAt);
    const foreign = await withSocket(raw("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), codeAt);
    for (const one of [reset, ended, torn, foreign]) expect(one).toEqual(["OFD_LOST", false, false]);
  });

  it.each([
    [400, ["OFD_REFUSED", true, true]],
    [409, ["OFD_IN_FLIGHT", true, true]],
    [412, ["OFD_STALE_TOKEN", true, true]],
    [422, ["OFD_REFUSED", true, true]],
    [429, ["OFD_FAILED", false, false]],
    [500, ["OFD_FAILED", false, false]],
    [503, ["OFD_FAILED", false, false]],
  ])("reads status %i of an OFD that says no more", async (status, code) => {
    expect(await withSocket(raw(`HTTP/1.1 ${String(status)} No\nContent-Length: 0\n\n`), codeAt)).toEqual(code);
  });

  it("keeps one connection for calls in a row", async () => {
    const ports = await withServer(async (server) => {
      const client = new HttpOfdClient({ url: server.url });
      const { signal } = new AbortController();
      for (const key of ["a", "b", "c"]) await client.register({ ...REGISTRATION, key }, { signal, hlc: HLC });
      client.close();
      return server.connections;
    });
    expect(ports).toBe(1);
  });
});

describe("the mock OFD over HTTP", () => {
  const post = (server: HttpOfd, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/receipts`, {
      method: "POST",
      body,
      headers: { "Idempotency-Key": "a", "X-Fencing-Token": "1", ...headers },
    });
  const BODY = JSON.stringify({ posId: "till", payload: "3 apples", receiptHlc: "0000000003e80000-till" });

  it("answers in the words of HTTP, and needs no stamp of the sender", async () => {
    const seen = await withServer(async (server) => {
      const statuses = [
        await post(server, BODY),
        await post(server, BODY),
        await post(server, BODY.replace("3", "4")),
        await post(server, BODY, { "Idempotency-Key": "b", "X-Fencing-Token": "0" }),
        await post(server, "{"),
        await post(server, '{"posId": 1}'),
        await post(server, BODY, { "Idempotency-Key": "b", "X-Hlc": "noon" }),
        await post(server, JSON.stringify({ posId: "till", payload: "x".repeat(1_100_000) })),
        await fetch(`${server.url}/nothing`),
        await fetch(`${server.url}/mode`, { method: "PUT", body: '{"mode": "asleep"}' }),
      ].map(({ status }) => status);
      server.setMode({ mode: "failing" });
      statuses.push((await post(server, BODY)).status);
      return { statuses, accepted: server.register.accepted.map(({ key }) => key) };
    });
    expect(seen.statuses).toEqual([201, 200, 422, 412, 400, 400, 422, 413, 404, 422, 503]);
    expect(seen.accepted).toEqual(["a"]);
  });

  it("has the seed's two switches", async () => {
    const statuses = await withServer(async (server) => {
      server.register.setPermanentFailure();
      const failing = (await post(server, BODY)).status;
      server.register.setSuccess();
      expect(server.register.mode).toEqual(OFD_SUCCESS);
      return [failing, (await post(server, BODY)).status];
    });
    expect(statuses).toEqual([503, 201]);
  });

  it("closes at once, also while somebody waits for an answer", async () => {
    const server = await startHttpOfd();
    server.setMode({ mode: "timeout-after-accept" });
    const waiting = codeAt(server.url);
    while (server.register.accepted.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.close();
    await server.close();
    expect(await waiting).toEqual(["OFD_LOST", false, false]);
  });

  it("refuses a port that is taken", async () => {
    await withServer(async ({ port }) => {
      await expect(startHttpOfd({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    });
  });
});
