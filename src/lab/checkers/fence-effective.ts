import type { Micros, PointRecord, SentRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";

interface Fence {
  readonly epoch: number;
  readonly record: number;
  readonly time: Micros;
}

/**
 * A claim to be fenced is held against the disk: without the marker moved away for good it is a lie. From the claim on, through
 * restarts, the node's write gate must let nothing in and the node must acknowledge no write, until it is restored with a
 * higher epoch. What it posted by right of a halt lock, and another node committed in such an epoch, is that node's write.
 */
export const fenceEffective = defineChecker("fence-effective", {
  invariant: "I13",
  unexercised: "nothing was fenced",
  title: "A fence holds",
  rule: "A node that says it is fenced has moved its marker away durably, and accepts and acknowledges no write until it is restored with a higher epoch.",
  triggers: [
    "point:fence.verified",
    "point:fence.restore",
    "state:fence",
    "state:process",
    "point:store.accept",
    "point:repl.commit",
    "sent:kv.reply",
  ],
  create: (context) => new FenceEffective(context),
});

class FenceEffective implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #markers;
  readonly #requests;
  readonly #fences: (Fence | undefined)[];
  /** 1 from the end of a process until it says anything about its fence. */
  readonly #restarted: Uint8Array;
  /** Writes that a primary committed for a replica: in which epoch, and at which node. */
  readonly #posted = new Map<string, { readonly epoch: number; readonly node: string }>();

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#markers = context.views.markers;
    this.#requests = context.views.requests;
    this.#fences = context.cluster.ids.map(() => undefined);
    this.#restarted = new Uint8Array(context.cluster.size);
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "sent") this.#onReply(member, record);
    else if (record.kind === "state" && record.key === "process") {
      if (record.origin === "world" && record.value === "down") this.#restarted[member] = 1;
    } else if (record.kind === "state") {
      if (record.value === "fenced") this.#onFenced(member, record);
      // A restore that died after its marker was written and before it could say so: the marker found at the start lifts the fence.
      else if (record.value === "open" && this.#markers.isLifted(member) && this.#restarted[member] === 1)
        this.#fences[member] = undefined;
      this.#restarted[member] = 0;
    } else if (record.kind !== "point") return;
    else if (record.name === "repl.commit") this.#onCommit(record);
    else if (record.name === "fence.verified") this.#onFenced(member, record);
    else if (record.name === "store.accept") {
      if (this.#fences[member] !== undefined)
        this.#leak(member, record, `accepted a write of epoch ${String(intOf(record.fields["epoch"]))}`);
    } else {
      const fence = this.#fences[member];
      if (fence !== undefined && intOf(record.fields["epoch"]) > fence.epoch) this.#fences[member] = undefined;
    }
  }

  #onFenced(member: number, record: StateRecord | PointRecord): void {
    const epoch = Math.max(intOf(record.fields["epoch"]), this.#fences[member]?.epoch ?? -1);
    this.#context.judged();
    this.#fences[member] = { epoch, record: record.id, time: record.time };
    const missing = this.#markers.missingEvidence(member);
    if (missing === undefined) return;
    const claim = record.kind === "state" ? "fence=fenced" : "a verified fence";
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `${record.node} claims ${claim} for epoch ${String(epoch)} at ${formatSeconds(record.time)}, but its disk says otherwise: ${missing}`,
      expected: "its .primary renamed to .primary.blocked and the directory synced before the claim",
      observed: missing,
      facts: { epoch },
    });
  }

  #onCommit({ fields, node }: PointRecord): void {
    if (textOf(fields["halt"]) === "") return;
    const write = `${textOf(fields["client"])}#${String(intOf(fields["seq"]))}`;
    this.#posted.set(write, { epoch: intOf(fields["epoch"]), node });
  }

  #onReply(member: number, record: SentRecord): void {
    const fence = this.#fences[member];
    if (fence === undefined) return;
    const write = this.#requests.acknowledged(record.to, record.message);
    if (write === undefined) return;
    const posted = this.#posted.get(`${write.client}#${String(write.seq)}`);
    if (posted === undefined || posted.node === record.node || posted.epoch <= fence.epoch)
      this.#leak(
        member,
        record,
        `acknowledged write ${write.client}#${String(write.seq)} of "${write.key}" to ${record.to}`,
      );
  }

  #leak(member: number, record: TraceRecord, what: string): void {
    const fence = this.#fences[member] as Fence;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `${record.node} ${what} at ${formatSeconds(record.time)}, but it is fenced for epoch ${String(fence.epoch)} since ${formatSeconds(fence.time)}`,
      expected: `nothing before a restore with an epoch above ${String(fence.epoch)}`,
      observed: what,
      related: [fence.record],
      facts: { fenceEpoch: fence.epoch },
    });
  }
}
