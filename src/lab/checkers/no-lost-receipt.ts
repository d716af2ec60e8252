import type { Micros, PointRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { textOf } from "./views/fields.ts";
import { configEntry } from "./views/ofd-health.ts";
import type { ReceiptCopy } from "./views/receipt-view.ts";

/** A node that has run for so long has read its disk, or its log, again. */
const SETTLED: Micros = 5_000_000;

/** Legal changes of a status; `""` is a receipt that is not there yet. `syncing` to itself is another claim. */
const EDGES: ReadonlySet<string> = new Set([
  ...[" pending", "pending syncing", "syncing syncing"],
  ...["syncing synced", "syncing pending", "syncing failed"],
]);
const FINAL: readonly string[] = ["synced", "failed"];

/**
 * Every copy of a buffer is followed by itself: a replicated one tells its changes anew in each life of its process, a journalled one is
 * read back, and may then be further than its last record but never behind a final status. That each receipt is in one status makes the
 * sum of them what was created; that none disappears is judged when it is acknowledged and, on nodes that have been up for 5 s, at the end.
 */
export const noLostReceipt = defineChecker("no-lost-receipt", {
  invariant: "I35",
  unexercised: "no receipt was created",
  title: "No receipt is lost",
  rule: "A receipt that was acknowledged is stored and stays known; its status changes legally and ends as synced or failed; it is synced only if the OFD has it, and the OFD keeps it.",
  triggers: ["point:receipt.*", "state:link>*", "fault"],
  create: (context) => new NoLostReceipt(context),
});

class NoLostReceipt implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #receipts;
  readonly #nodes;
  /** Nodes whose buffer is one of several copies. */
  readonly #replicated: ReadonlySet<string>;
  /** When the network last changed. */
  #changed: Micros = 0;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#receipts = context.views.receipts;
    this.#nodes = context.views.nodes;
    const replicated = context.run.nodes.filter(({ config }) => configEntry(config, "buffer") === "replicated");
    this.#replicated = new Set(replicated.map(({ id }) => id));
  }

  on(record: TraceRecord): void {
    if (record.kind !== "point") {
      this.#changed = record.time;
      return;
    }
    const id = textOf(record.fields["id"]);
    if (record.name === "receipt.create") this.#onCreate(record, id);
    else if (record.name === "receipt.recover") this.#onRecover(record, id);
    else if (record.name === "receipt.status") this.#onStatus(record, id);
  }

  end(endTime: Micros): void {
    for (const { id, node, record, time } of this.#receipts.created()) {
      const settled = this.#settled(node, endTime);
      if (settled.length === 0 || time > endTime - SETTLED) continue;
      this.#context.judged();
      if (settled.some((one) => this.#receipts.copy(one, id) !== undefined)) continue;
      this.#context.violated({
        record,
        time: endTime,
        nodes: settled,
        message: `Receipt "${id}", acknowledged by ${node} at ${formatSeconds(time)}, is not known to ${settled.join(", ")} at ${formatSeconds(endTime)}`,
        expected: `"${id}" on ${settled.join(" or ")}`,
        observed: "nothing",
      });
      return;
    }
    for (const accepted of this.#receipts.accepted()) {
      const { key, ofd } = accepted;
      if (this.#nodes.runningSince(ofd) > endTime - SETTLED || this.#receipts.keeps(ofd, key)) continue;
      this.#context.violated({
        record: accepted.record,
        time: endTime,
        nodes: [ofd],
        message: `${ofd} accepted receipt "${key}" at ${formatSeconds(accepted.time)} and has not read it back after a restart`,
        expected: `"${key}" among the accepted`,
        observed: "nothing",
      });
      return;
    }
  }

  /** Who must know what a node acknowledged: itself, or copies that make a majority together and have heard each other for a while. */
  #settled(node: string, endTime: Micros): readonly string[] {
    const since = endTime - SETTLED;
    const isSettled = (one: string): boolean => this.#nodes.runningSince(one) <= since;
    if (!this.#replicated.has(node)) return isSettled(node) ? [node] : [];
    const settled = [...this.#replicated].filter(isSettled);
    const isWhole = settled.every((a) => settled.every((b) => this.#nodes.isLinked(a, b)));
    const isMajority = settled.length * 2 > this.#replicated.size;
    return isWhole && isMajority && this.#nodes.isCalm && this.#changed <= since ? settled : [];
  }

  #onCreate(record: PointRecord, id: string): void {
    this.#context.judged();
    if (this.#receipts.wasStored(id)) return;
    this.#violated(record, {
      message: `${record.node} acknowledged receipt "${id}" at ${formatSeconds(record.time)} before it was stored`,
      expected: "stored, then acknowledged",
      observed: "not stored anywhere",
    });
  }

  #onRecover(record: PointRecord, id: string): void {
    const before = this.#receipts.before(record.node, id);
    const status = textOf(record.fields["status"]);
    this.#context.judged();
    // A replicated copy goes on from a snapshot, and applies again what came after it.
    const isFinal = before !== undefined && FINAL.includes(before.status) && !this.#replicated.has(record.node);
    if (isFinal && before.status !== status) {
      this.#violated(record, {
        message: `${record.node} read receipt "${id}" back as ${status} at ${formatSeconds(record.time)}, though it was ${before.status}`,
        expected: before.status,
        observed: status,
        before,
      });
    } else if (status === "synced") this.#checkAccepted(record, id);
  }

  #onStatus(record: PointRecord, id: string): void {
    const { node, fields } = record;
    const before = this.#receipts.copy(node, id);
    const was = before?.status ?? "";
    const from = textOf(fields["from"]);
    const to = textOf(fields["to"]);
    this.#context.judged();
    const wrong = wrongEdge({ was, from, to }) ?? wrongClaim(before, { to, claim: textOf(fields["claim"]) });
    if (wrong !== undefined) {
      this.#violated(record, {
        message: `${node} changed receipt "${id}" from ${from === "" ? "nothing" : from} to ${to} at ${formatSeconds(record.time)}: ${wrong}`,
        expected: "pending → syncing → synced, failed or pending again",
        observed: `${was} → ${to}`,
        ...(before === undefined ? {} : { before }),
      });
    } else if (to === "synced") this.#checkAccepted(record, id);
  }

  #checkAccepted(record: PointRecord, id: string): void {
    if (this.#receipts.acceptance(id) !== undefined) return;
    this.#violated(record, {
      message: `${record.node} takes receipt "${id}" for synced at ${formatSeconds(record.time)}, and no OFD has accepted it`,
      expected: "accepted, then synced",
      observed: "not accepted",
    });
  }

  #violated(
    record: PointRecord,
    found: { message: string; expected: string; observed: string; before?: ReceiptCopy },
  ): void {
    const { before, ...texts } = found;
    const related = before === undefined ? [] : [before.record];
    this.#context.violated({ record: record.id, time: record.time, nodes: [record.node], ...texts, related });
  }
}

function wrongEdge({ was, from, to }: { was: string; from: string; to: string }): string | undefined {
  if (from !== was) return `it was ${was === "" ? "not there" : was}`;
  if (EDGES.has(`${from} ${to}`)) return undefined;
  return FINAL.includes(from) ? `${from} is final` : "no such change is legal";
}

/** A claim is only superseded by a larger one, and only its own holder ends the sending. */
function wrongClaim(before: ReceiptCopy | undefined, now: { to: string; claim: string }): string | undefined {
  if (before === undefined || before.claim === "" || now.claim === "") return undefined;
  if (BigInt(now.claim) < BigInt(before.claim)) return `claim ${now.claim} is below ${before.claim}`;
  if (before.status === "syncing" && now.to !== "syncing" && now.claim !== before.claim)
    return `it was claimed under ${before.claim}, not ${now.claim}`;
  return undefined;
}
