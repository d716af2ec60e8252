import type { Micros, PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";
import { baseName, BLOCKED, PRIMARY } from "./views/marker-view.ts";

/**
 * `.primary` and `.primary.blocked` stand side by side only inside a restore, which writes the first, of a higher epoch, before it
 * removes the second. So the blocked one is valid until a `.primary` was written after it, and both are judged where the node acts
 * on one of them: when it says `fence=open` or accepts a write.
 */
export const fenceIdempotent = defineChecker("fence-idempotent", {
  invariant: "I14",
  unexercised: "no marker was written",
  title: "Fence markers never contradict",
  rule: "Fencing again changes nothing, .primary and .primary.blocked are never both valid, and .primary.blocked goes only when a fresh .primary is there.",
  triggers: [
    "point:disk.rename",
    "point:disk.remove",
    "point:fence.verified",
    "point:fence.restore",
    "state:fence",
    "point:store.accept",
  ],
  create: (context) => new FenceIdempotent(context),
});

class FenceIdempotent implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #markers;
  /** Epoch of the last verified fence of each member, −1 after a restore. */
  readonly #epoch: Int32Array;
  readonly #since: Float64Array;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#markers = context.views.markers;
    this.#epoch = new Int32Array(context.cluster.size).fill(-1);
    this.#since = new Float64Array(context.cluster.size);
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0) return;
    if (record.kind === "state") {
      if (record.value === "open") this.#bothValid(member, record, "says fence=open");
    } else if (record.kind === "point") this.#onPoint(member, record);
  }

  #onPoint(member: number, record: PointRecord): void {
    switch (record.name) {
      case "disk.rename":
        this.#onRename(record);
        return;
      case "disk.remove":
        this.#onRemove(member, record);
        return;
      case "store.accept":
        this.#bothValid(member, record, "accepts a write");
        return;
      case "fence.restore":
        this.#epoch[member] = -1;
        return;
      default:
        this.#onVerified(member, record);
    }
  }

  #onRename(record: PointRecord): void {
    const from = textOf(record.fields["from"]);
    const to = textOf(record.fields["to"]);
    if (baseName(from) === PRIMARY) this.#context.judged();
    if (baseName(from) !== BLOCKED || baseName(to) !== PRIMARY) return;
    this.#context.judged();
    this.#violated(
      record,
      `${record.node} renamed ${from} back to ${to} at ${formatSeconds(record.time)}`,
      "a fresh .primary, then .primary.blocked removed",
      "the evidence of the fence became the right to write",
      record.time,
    );
  }

  #onRemove(member: number, record: PointRecord): void {
    if (baseName(textOf(record.fields["path"])) !== BLOCKED || !this.#markers.blocked(member).existed) return;
    this.#context.judged();
    if (this.#markers.primary(member).visible !== "absent") return;
    this.#violated(
      record,
      `${record.node} removed .primary.blocked at ${formatSeconds(record.time)} while it had no .primary`,
      "a fresh .primary first",
      "no evidence of the fence is left",
      record.time,
    );
  }

  #onVerified(member: number, record: PointRecord): void {
    const epoch = intOf(record.fields["epoch"]);
    const held = this.#epoch[member] as number;
    this.#context.judged();
    if (epoch < held) {
      this.#violated(
        record,
        `${record.node} was fenced again at ${formatSeconds(record.time)} for epoch ${String(epoch)}, but it has been fenced for epoch ${String(held)} since ${formatSeconds(this.#since[member] as Micros)}`,
        `epoch ${String(held)} or higher`,
        `epoch ${String(epoch)}`,
        record.time,
      );
    }
    if (held < 0) this.#since[member] = record.time;
    this.#epoch[member] = epoch;
  }

  #bothValid(member: number, record: StateRecord | PointRecord, what: string): void {
    const blocked = this.#markers.blocked(member);
    if (!blocked.existed) return;
    this.#context.judged();
    if (blocked.visible !== "present" || this.#markers.isLifted(member)) return;
    const primary = this.#markers.primary(member).visible;
    this.#violated(
      record,
      `${record.node} ${what} at ${formatSeconds(record.time)} while its .primary.blocked is there (.primary ${primary})`,
      "no .primary.blocked on a node that may write",
      `.primary.blocked present, .primary ${primary}`,
      record.time,
    );
  }

  #violated(record: TraceRecord, message: string, expected: string, observed: string, time: Micros): void {
    this.#context.violated({ record: record.id, time, nodes: [record.node], message, expected, observed });
  }
}
