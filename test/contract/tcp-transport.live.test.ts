import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { encodeFrame, FrameReader } from "../../src/system/live/frames.ts";
import { TcpTransport, type TcpTransportOptions } from "../../src/system/live/tcp-transport.ts";
import { nodeId } from "../../src/system/ports/node.ts";

const N1 = nodeId("n1");
const N2 = nodeId("n2");
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(options: Partial<TcpTransportOptions> = {}): Promise<TcpTransport> {
  const transport = await TcpTransport.listen({ id: N1, listen: "127.0.0.1:0", ...options });
  cleanups.push(() => transport.close());
  return transport;
}

/** Collects what a transport delivers. */
function inbox(transport: TcpTransport): string[] {
  const seen: string[] = [];
  transport.subscribe((from, message) => seen.push(`${from}: ${message.type}`));
  return seen;
}

async function rawServer(onConnection: (socket: Socket) => void): Promise<{ address: string; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`, server };
}

/** A hand-made connection to a transport, and a promise of its end. */
async function rawClient(transport: TcpTransport): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const socket = connect(Number(transport.address.split(":")[1]), "127.0.0.1");
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  cleanups.push(() => void socket.destroy());
  socket.resume();
  return { socket, closed };
}

const frame = (value: unknown): Buffer => encodeFrame(JSON.stringify(value));
const hello = (from: string, to: string): Buffer => frame({ faultline: 1, from, to });
const settled = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 60_000, interval: 5 });

describe("TcpTransport", () => {
  it("delivers what comes before a damaged frame, and nothing of it or after it", async () => {
    const transport = await open();
    const seen = inbox(transport);
    const { socket, closed } = await rawClient(transport);
    const damaged = frame({ type: "test.damaged", amount: 100 });
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 2) ^ 1, damaged.length - 2);
    socket.write(
      Buffer.concat([hello("n2", "n1"), frame({ type: "test.good" }), damaged, frame({ type: "test.after" })]),
    );
    await closed;
    await settled(() => expect(seen).toEqual(["n2: test.good"]));
    expect(transport.counters).toMatchObject({ delivered: 1, refused: 1 });
  });

  it.each([
    ["another protocol", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["a greeting to somebody else", hello("n2", "n3")],
    ["a greeting in our own name", hello("n1", "n1")],
    ["a message before the greeting", frame({ type: "test.early" })],
    ["a message without a type", Buffer.concat([hello("n2", "n1"), frame({ kind: "x" })])],
    ["a list for a message", Buffer.concat([hello("n2", "n1"), frame([1, 2])])],
    ["a frame that is too long", Buffer.concat([hello("n2", "n1"), frame({ type: "x".repeat(2_000) })])],
  ])("ends a connection that brings %s", async (_what, bytes) => {
    const transport = await open({ limits: { frameBytesMax: 1_000 } });
    const seen = inbox(transport);
    const { socket, closed } = await rawClient(transport);
    socket.write(bytes);
    await closed;
    expect(transport.counters.refused).toBe(1);
    expect(seen).toEqual([]);
  });

  it("ends a connection that never greets", async () => {
    const transport = await open({ limits: { handshakeMs: 50 } });
    const { closed } = await rawClient(transport);
    await closed;
    expect(transport.counters.delivered).toBe(0);
  });

  it("does not speak to a peer that answers as somebody else", async () => {
    const got: unknown[] = [];
    const { address } = await rawServer((socket) => {
      const reader = new FrameReader();
      socket.on("data", (chunk: Buffer) => got.push(...reader.push(chunk)));
      socket.write(hello("n3", "n1"));
    });
    const transport = await open({ peers: { n2: address } });
    transport.send(N2, { type: "test.secret" });
    await settled(() => expect(transport.counters.refused).toBeGreaterThan(1));
    expect(got.filter((value) => "type" in (value as object))).toEqual([]);
  });

  it("answers a node without an address over that node's own connection", async () => {
    const server = await open({ id: N1 });
    server.subscribe((from) => server.send(from, { type: "test.answer" }));
    const client = await open({ id: nodeId("c1"), peers: { n1: server.address } });
    const seen = inbox(client);
    client.send(N1, { type: "test.question" });
    await settled(() => expect(seen).toEqual(["n1: test.answer"]));
    await client.close();
    await settled(() => {
      server.send(nodeId("c1"), { type: "test.late" });
      expect(server.counters.droppedUnknown).toBeGreaterThan(0);
    });
  });

  it("keeps a bounded queue for a peer that is away, and drops what has waited too long", async () => {
    const transport = await open({ peers: { n2: "127.0.0.1:1" }, limits: { queueMax: 10, queueMsMax: 30 } });
    for (let i = 0; i < 25; i++) transport.send(N2, { type: "test.lost" });
    expect(transport.counters).toMatchObject({ sent: 0, droppedQueueFull: 15 });
    await settled(() => expect(transport.counters.droppedAway).toBe(10));
  });

  it("delivers what was sent while the peer was still starting", async () => {
    const reserved = await open({ id: N2 });
    const { address } = reserved;
    await reserved.close();
    const transport = await open({ peers: { n2: address } });
    transport.send(N2, { type: "test.early" });
    const peer = await open({ id: N2, listen: address });
    const seen = inbox(peer);
    await settled(() => expect(seen).toEqual(["n1: test.early"]));
  });

  it("drops instead of buffering without end for a peer that has stopped reading, and leaves it after a while", async () => {
    const { address } = await rawServer((socket) => {
      socket.write(hello("n2", "n1"));
      socket.pause();
    });
    const transport = await open({ peers: { n2: address }, limits: { bufferBytesMax: 100_000, stallMs: 50 } });
    const text = "x".repeat(50_000);
    await settled(() => {
      for (let i = 0; i < 100; i++) transport.send(N2, { type: "test.flood", text });
      expect(transport.counters.droppedQueueFull).toBeGreaterThan(1_000);
    });
    // The connection is given up and made anew, which is seen by bytes that can be sent again.
    const { sent } = transport.counters;
    await settled(() => {
      transport.send(N2, { type: "test.flood", text });
      expect(transport.counters.sent).toBeGreaterThan(sent);
    });
  });

  it("refuses to send what would not arrive as it is", async () => {
    const transport = await open();
    expect(() => transport.send(N2, { type: "test.nan", value: NaN })).toThrow(
      /MESSAGE_NOT_PLAIN: message.value is NaN/,
    );
  });

  it("does not send a message longer than a frame", async () => {
    const peer = await open({ id: N2 });
    const seen = inbox(peer);
    const transport = await open({ peers: { n2: peer.address }, limits: { frameBytesMax: 1_000 } });
    transport.send(N2, { type: "test.long", text: "x".repeat(1_000) });
    transport.send(N2, { type: "test.short" });
    await settled(() => expect(seen).toEqual(["n1: test.short"]));
    expect(transport.counters.droppedTooLong).toBe(1);
  });

  it("delivers nothing and sends nothing once it is closed", async () => {
    const transport = await open();
    const seen = inbox(transport);
    transport.send(N1, { type: "test.self" });
    await transport.close();
    transport.send(N1, { type: "test.self" });
    await transport.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([]);
  });

  it("says which address is none, and where it cannot listen", async () => {
    await expect(open({ listen: "localhost" })).rejects.toThrow(
      /TRANSPORT_ADDRESS: "localhost" is not an address; expected host:port/,
    );
    await expect(open({ peers: { n2: "127.0.0.1:70000" } })).rejects.toThrow(/TRANSPORT_ADDRESS/);
    const { address } = await open();
    await expect(open({ listen: address })).rejects.toThrow(`TRANSPORT_LISTEN: Node n1 cannot listen on ${address}.`);
  });
});
