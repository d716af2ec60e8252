import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HlcClock } from "../components/hlc/hlc-clock.ts";
import { DiskOfdJournal } from "../components/receipts/ofd-journal.ts";
import { parseOfdMode, type OfdMode } from "../components/receipts/ofd-modes.ts";
import type { OfdErrorCode } from "../components/receipts/ofd-port.ts";
import { OfdRegister, type OfdArrival, type OfdVerdict } from "../components/receipts/ofd-register.ts";
import type { Disk } from "../ports/disk.ts";
import { FaultlineError } from "../ports/errors.ts";
import { nodeId } from "../ports/node-id.ts";
import { silentObserver, type Observer } from "../ports/observer.ts";
import { SystemClock } from "./system-clock.ts";
import { SystemTimers } from "./system-timers.ts";

export interface HttpOfdOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Whether a smaller fencing number than the largest seen is refused. Default true. */
  readonly checksTokens?: boolean;
  /** Keeps what was accepted. Default: it is forgotten with the server. */
  readonly disk?: Disk;
  readonly observer?: Observer;
}

const ID = nodeId("ofd");
/** Tills may be wrong by so much. */
const MAX_OFFSET_MS = 10_000;
const BODY_BYTES_MAX = 1_048_576;

const STATUS: Readonly<Record<OfdErrorCode, number>> = {
  OFD_REFUSED: 422,
  OFD_STALE_TOKEN: 412,
  OFD_IN_FLIGHT: 409,
  OFD_FAILED: 503,
  OFD_UNAVAILABLE: 503,
  OFD_LOST: 503,
  OFD_TIMEOUT: 503,
};

/**
 * A mock OFD on this machine: the same {@link OfdRegister} as the simulated one, behind real HTTP.
 *
 * `POST /receipts` registers, `GET /accepted` gives what was accepted, `PUT /mode` sets the mode; docs/ofd.md has the details.
 *
 * @throws what the port or the disk refuses.
 * @example
 * const ofd = await startHttpOfd({ port: 8080 });
 * ofd.setMode({ mode: "failing" });
 */
export async function startHttpOfd(options: HttpOfdOptions = {}): Promise<HttpOfd> {
  const { disk, observer = silentObserver, checksTokens = true, port = 0, host = "127.0.0.1" } = options;
  const clock = new SystemClock();
  const timers = new SystemTimers();
  const settings = { nodeId: ID, clock, observer, maxOffsetMs: MAX_OFFSET_MS };
  const hlc = disk === undefined ? new HlcClock(settings) : await HlcClock.open({ ...settings, disk, timers });
  const stored = disk === undefined ? {} : await DiskOfdJournal.open({ disk });
  const register = new OfdRegister({ hlc, timers, observer, checksTokens, ...stored });
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    timers.close();
    throw error;
  }
  return new HttpOfd({ server, register, hlc, timers });
}

/** A running {@link startHttpOfd}. */
export class HttpOfd {
  /** As `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly port: number;
  /** What it knows: `accepted`, `attempts`. */
  readonly register: OfdRegister;
  readonly #server: Server;
  readonly #hlc: HlcClock;
  readonly #timers: SystemTimers;
  #connections = 0;

  constructor(parts: { server: Server; register: OfdRegister; hlc: HlcClock; timers: SystemTimers }) {
    const { address, port } = parts.server.address() as AddressInfo;
    this.url = `http://${address.includes(":") ? `[${address}]` : address}:${String(port)}`;
    this.port = port;
    this.register = parts.register;
    this.#server = parts.server;
    this.#hlc = parts.hlc;
    this.#timers = parts.timers;
    this.#server.on("connection", () => this.#connections++);
    this.#server.on("request", (request, response) => void this.#serve(request, response));
  }

  /** Connections that were opened to it so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Holds for registrations that arrive from now on. */
  setMode(mode: OfdMode): void {
    this.register.setMode(mode);
  }

  /** Ends it at once: connections are broken, what waits is not answered. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    this.#hlc.close();
    this.#timers.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A connection that breaks while its body is read or its answer written has nobody to be told.
    response.on("error", () => undefined);
    try {
      const { pathname } = new URL(request.url ?? "/", this.url);
      const route = `${request.method ?? ""} ${pathname}`;
      if (route === "POST /receipts") await this.#onReceipt(request, response);
      else if (route === "GET /accepted") send(response, 200, this.#accepted());
      else if (route === "PUT /mode") this.#onMode(response, await readJson(request));
      else send(response, 404, { reason: `there is no ${route}; try POST /receipts, GET /accepted, PUT /mode` });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof BadRequest) send(response, error.status, { code: "OFD_REFUSED", reason });
      else send(response, 500, { code: "OFD_FAILED", reason });
    }
  }

  async #onReceipt(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { posId, payload, receiptHlc } = (await readJson(request)) as Readonly<Record<string, unknown>>;
    const arrival: OfdArrival = {
      key: header(request, "idempotency-key"),
      posId: text(posId, "posId"),
      payload: text(payload, "payload"),
      receiptHlc: text(receiptHlc, "receiptHlc"),
      fencing: header(request, "x-fencing-token"),
      hlc: header(request, "x-hlc"),
      by: request.socket.remoteAddress ?? "",
    };
    const verdict = await this.register.register(arrival);
    if (verdict.outcome === "silent" || response.destroyed) return;
    response.setHeader("X-Hlc", await this.register.stamp());
    sendVerdict(response, verdict);
  }

  #onMode(response: ServerResponse, given: unknown): void {
    try {
      this.setMode(parseOfdMode(given));
    } catch (error) {
      if (error instanceof FaultlineError) throw new BadRequest(422, error.message);
      throw error;
    }
    send(response, 200, this.register.mode);
  }

  #accepted(): unknown {
    const { accepted, attempts } = this.register;
    return { count: accepted.length, attempts, receipts: accepted };
  }
}

/** A request that cannot be understood. */
class BadRequest extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function sendVerdict(response: ServerResponse, verdict: Exclude<OfdVerdict, { outcome: "silent" }>): void {
  if (verdict.outcome === "accepted") {
    const { isReplay, acceptedHlc } = verdict;
    send(response, isReplay ? 200 : 201, { isReplay, hlc: acceptedHlc });
    return;
  }
  const { code, reason, largest } = verdict;
  if (code === "OFD_IN_FLIGHT") response.setHeader("Retry-After", "1");
  send(response, STATUS[code], { code, reason, ...(largest === "" ? {} : { largest }) });
}

function send(response: ServerResponse, status: number, content: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "Content-Type": "application/json" }).end(`${JSON.stringify(content)}\n`);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read to its end all the same, so that the answer can be given.
    if (size <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  if (size > BODY_BYTES_MAX) throw new BadRequest(413, `a body of more than ${String(BODY_BYTES_MAX)} bytes`);
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new BadRequest(400, "the body is no JSON object");
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

function text(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw new BadRequest(400, `${name} of the body is a text`);
}
