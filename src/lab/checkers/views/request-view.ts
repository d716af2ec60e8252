import type { Message, Plain } from "../../../trace/plain.ts";
import type { TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import { intOf, textOf } from "./fields.ts";

/** What a client asked for. */
export interface Request {
  readonly client: string;
  readonly seq: number;
  readonly isWrite: boolean;
  readonly key: string;
}

/** Requests remembered for each client: an answer to one that is this many requests old is no longer matched. */
const REMEMBERED = 256;

/** Matches `kv.reply` messages with the request they answer, by the id that both carry. */
export class RequestView implements TraceListener {
  readonly triggers = ["sent:kv.request"];
  readonly #open = new Map<string, OpenRequests>();

  /** The request that `reply`, sent to `client`, answers. */
  of(client: string, reply: Message): Request | undefined {
    return this.#open.get(client)?.byId.get(reply["id"] ?? null);
  }
  /** The write that `reply` tells `client` has happened; `undefined` when it tells no such thing. */
  acknowledged(client: string, reply: Message): Request | undefined {
    if (reply["outcome"] !== "ok") return undefined;
    const request = this.of(client, reply);
    return request?.isWrite === true ? request : undefined;
  }

  on(record: TraceRecord): void {
    if (record.kind !== "sent") return;
    const { message } = record;
    let requests = this.#open.get(record.node);
    if (requests === undefined) this.#open.set(record.node, (requests = new OpenRequests()));
    requests.add(message["id"] ?? null, {
      client: textOf(message["client"]),
      seq: intOf(message["seq"]),
      isWrite: message["operation"] !== "read",
      key: textOf(message["key"]),
    });
  }
}

/** What one client asked for lately. */
class OpenRequests {
  readonly byId = new Map<Plain, Request>();
  /** The ids in the order in which they came, the oldest at `#count` once all places are taken: the map itself would look for it. */
  readonly #ids: Plain[] = [];
  #count = 0;

  add(id: Plain, request: Request): void {
    const isKnown = this.byId.has(id);
    this.byId.set(id, request);
    if (isKnown) return;
    const place = this.#count++ % REMEMBERED;
    if (this.#count > REMEMBERED) this.byId.delete(this.#ids[place] as Plain);
    this.#ids[place] = id;
  }
}
