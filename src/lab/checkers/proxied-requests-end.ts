import type { DeliveredRecord, Micros, SentRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import type { RunFacts } from "./facts.ts";
import { ClockRates } from "./views/clock-rates.ts";
import type { Deadline } from "./views/deadlines.ts";
import { intOf, textOf } from "./views/fields.ts";
import { proxySetting } from "./views/session-book.ts";

/** A look at the position every millisecond, and a slow one. */
const SLACK: Micros = 100_000;
const WAIT: Micros = 5_000_000;
const UPSTREAM: Micros = 30_000_000;

/** Where a request is that a proxy has got: waiting, or passed on to the application or the primary. */
interface Pending {
  readonly node: string;
  readonly request: DeliveredRecord;
  phase: "wait" | "upstream";
  /** When this phase began, and how much of the node's own time it may take. */
  since: Micros;
  limit: Micros;
  /** The process was paused until then. */
  from: Micros;
  due: Micros;
}

/**
 * Judged on messages: from a request's arrival to its answer or its passing on, and from that to its answer. A process that is down
 * owes nothing any more; the time that it is paused does not count.
 */
export const proxiedRequestsEnd = defineChecker("proxied-requests-end", {
  invariant: "I49",
  unexercised: "no proxy was asked",
  title: "Proxied requests end",
  rule: "A proxy answers or passes on each request within 5 s of its own clock (readTimeout, primaryTimeout), and answers what it passed on within 30 s more (upstreamTimeout).",
  triggers: ["delivered:http.request", "sent:http.request", "sent:http.response", "state:process", "state:clock"],
  premises: ({ nodes }) => (nodes.some(isProxy) ? undefined : "no node runs ryw-proxy"),
  create: (context) => new ProxiedRequestsEnd(context),
});

function isProxy({ program }: RunFacts["nodes"][number]): boolean {
  return program === "ryw-proxy";
}

class ProxiedRequestsEnd implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #rates = new ClockRates();
  readonly #limits: ReadonlyMap<string, { readonly wait: Micros; readonly upstream: Micros }>;
  readonly #deadlines: ReadonlyMap<string, Deadline>;
  readonly #pending = new Map<string, Pending>();
  /** Number of the last request of each asker, by node: what is older, or comes once more, is nothing new. */
  readonly #last = new Map<string, Map<string, number>>();
  readonly #paused = new Set<string>();

  constructor(context: CheckerContext) {
    this.#context = context;
    const limits = context.run.nodes.filter(isProxy).map(({ id, config }) => {
      const setting = (name: string, own: Micros): Micros => {
        const ms = proxySetting(config, name);
        return typeof ms === "number" ? 1_000 * ms : own;
      };
      const wait = Math.max(setting("readTimeoutMs", WAIT), setting("primaryTimeoutMs", WAIT));
      return [id, { wait: context.bound(wait), upstream: setting("upstreamTimeoutMs", UPSTREAM) }] as const;
    });
    this.#limits = new Map(limits);
    const { deadlines } = context.views;
    this.#deadlines = new Map(limits.map(([id]) => [id, deadlines.create((due) => this.#late(id, due))]));
  }

  on(record: TraceRecord): void {
    if (record.kind === "delivered") this.#onRequest(record);
    else if (record.kind === "sent") this.#onSent(record);
    else if (record.kind === "state" && record.origin === "world") {
      if (record.key === "process") this.#onProcess(record.node, record.value, record.time);
      else if (record.key === "clock") {
        this.#rates.change(record);
        this.#arm(record.node);
      }
    }
  }

  #onRequest(record: DeliveredRecord): void {
    const limits = this.#limits.get(record.node);
    if (limits === undefined || textOf(record.message["hop"]) === "target") return;
    const { time, node, message } = record;
    let last = this.#last.get(node);
    if (last === undefined) this.#last.set(node, (last = new Map<string, number>()));
    const asker = `${record.from}/${textOf(message["hop"])}/${textOf(message["session"])}`;
    const id = intOf(message["id"]);
    if (id <= (last.get(asker) ?? 0)) return;
    last.set(asker, id);
    this.#pending.set(nameOf(node, message), {
      node,
      request: record,
      phase: "wait",
      since: time,
      limit: limits.wait,
      from: 0,
      due: Infinity,
    });
    this.#arm(node);
  }

  #onSent(record: SentRecord): void {
    const name = nameOf(record.node, record.message);
    const pending = this.#pending.get(name);
    if (pending === undefined) return;
    // No record told before that the time was over.
    if (record.time > pending.due) this.#late(record.node, pending.due);
    if (record.type === "http.request") {
      if (pending.phase === "upstream") return;
      pending.phase = "upstream";
      pending.since = record.time;
      pending.limit = this.#limits.get(record.node)?.upstream ?? UPSTREAM;
      this.#arm(record.node);
    } else if (record.to === pending.request.from && textOf(record.message["hop"]) !== "target") {
      this.#pending.delete(name);
      this.#arm(record.node);
      this.#context.judged();
    }
  }

  #onProcess(node: string, value: string, now: Micros): void {
    if (value === "paused") this.#paused.add(node);
    else this.#paused.delete(node);
    if (value === "down") this.#last.delete(node);
    for (const pending of this.#of(node)) {
      if (value === "down") this.#pending.delete(nameOf(node, pending.request.message));
      // What fell due meanwhile is to be done at once.
      else pending.from = now;
    }
    this.#arm(node);
  }

  #arm(node: string): void {
    const deadline = this.#deadlines.get(node);
    const rate = 1_000_000 + this.#rates.slowest(node);
    let first = Infinity;
    for (const pending of this.#of(node)) {
      const ownTime = Math.ceil((pending.limit * 1_000_000) / rate);
      pending.due = Math.max(pending.since + ownTime, pending.from) + SLACK;
      first = Math.min(first, pending.due);
    }
    if (first === Infinity || this.#paused.has(node)) deadline?.cancel();
    else deadline?.arm(first);
  }

  #late(node: string, due: Micros): void {
    const pending = this.#of(node).find((one) => one.due <= due);
    if (pending === undefined) return;
    const { request, phase, since } = pending;
    this.#context.judged();
    const what = `${textOf(request.message["method"])} ${textOf(request.message["path"])}`;
    const doing =
      phase === "wait" ? "neither answered nor passed on" : `passed on at ${formatSeconds(since)}, and not answered`;
    this.#context.violated({
      record: request.id,
      time: due,
      nodes: [node],
      message: `${node} got ${what} from ${request.from} at ${formatSeconds(request.time)}, and at ${formatSeconds(due)} it is ${doing}`,
      expected: `within ${formatSeconds(pending.limit)}`,
      observed: `not for ${formatSeconds(due - since)}`,
    });
  }

  #of(node: string): Pending[] {
    return [...this.#pending.values()].filter((pending) => pending.node === node);
  }
}

/** A request keeps its name on all its ways. */
function nameOf(node: string, message: SentRecord["message"]): string {
  return `${node}/${textOf(message["session"])}/${String(intOf(message["id"]))}`;
}
