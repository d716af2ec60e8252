import { TcpTransport } from "../../src/system/live/tcp-transport.ts";
import { nodeId } from "../../src/system/ports/node.ts";
import type { Plain } from "../../src/system/ports/transport.ts";
import type { KvReply, KvRequest } from "../../src/system/programs/kv/protocol.ts";

/** How long one attempt waits for its answer. */
const ATTEMPT_MS = 2_000;

/** A small client of live `ha-node` processes: attempts one by one, so that a test says where each goes. */
export class LiveKvClient {
  readonly #id: string;
  readonly #nodes: readonly string[];
  readonly #transport: TcpTransport;
  readonly #waiting = new Map<number, (reply: KvReply) => void>();
  #attempt = 0;
  #seq = 0;

  private constructor(id: string, nodes: readonly string[], transport: TcpTransport) {
    this.#id = id;
    this.#nodes = nodes;
    this.#transport = transport;
    transport.subscribe((_from, message) => {
      if (message.type === "kv.reply") this.#waiting.get((message as KvReply).id)?.(message as KvReply);
    });
  }

  static async open(id: string, addresses: Readonly<Record<string, string>>): Promise<LiveKvClient> {
    const transport = await TcpTransport.listen({ id: nodeId(id), listen: "127.0.0.1:0", peers: addresses });
    return new LiveKvClient(id, Object.keys(addresses), transport);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** Sends one attempt to one node. The promise is of its reply, however late; it never rejects. */
  attempt(
    to: string,
    operation: "read" | "write",
    key: string,
    value: Plain = null,
    seq: number = ++this.#seq,
  ): Promise<KvReply> {
    const id = ++this.#attempt;
    const request: KvRequest = { type: "kv.request", id, client: this.#id, seq, operation, key, value };
    return new Promise((resolve) => {
      this.#waiting.set(id, (reply) => {
        this.#waiting.delete(id);
        resolve(reply);
      });
      this.#transport.send(nodeId(to), request);
    });
  }

  /**
   * Tries until some node of `among` says ok, following their hints.
   *
   * @returns What was read, and the node that answered.
   * @throws {Error} with the last replies when that takes longer than `limitMs`.
   */
  async untilOk(
    operation: "read" | "write",
    key: string,
    value: Plain = null,
    options: { among?: readonly string[]; limitMs?: number } = {},
  ): Promise<{ value: Plain; by: string }> {
    const { among = this.#nodes, limitMs = 60_000 } = options;
    const seq = ++this.#seq;
    const replies: string[] = [];
    let to = among[0] as string;
    for (const end = performance.now() + limitMs; performance.now() < end;) {
      const reply = await within(this.attempt(to, operation, key, value, seq), ATTEMPT_MS);
      if (reply?.outcome === "ok") return { value: reply.value, by: to };
      replies.push(`${to}: ${reply === undefined ? "no answer" : `${reply.outcome} ${reply.error}`}`);
      const hint = reply?.leader ?? "";
      const isUseful = hint !== to && among.includes(hint);
      to = isUseful ? hint : (among[(among.indexOf(to) + 1) % among.length] as string);
      // Between elections everybody refuses at once; this keeps the client from flooding them.
      if (!isUseful) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(
      `No node said ok to ${operation} ${key} within ${String(limitMs)} ms:\n${replies.slice(-10).join("\n")}`,
    );
  }
}

/** The value, or `undefined` when it takes longer. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timeout = setTimeout(() => resolve(undefined), ms)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timeout);
  }
}
