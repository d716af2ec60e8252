import type { Micros, PointRecord, RecordId, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import { textOf } from "./fields.ts";

/** A receipt whose phase 1 was acknowledged. */
export interface CreatedReceipt {
  readonly id: string;
  readonly pos: string;
  readonly hlc: string;
  readonly node: string;
  readonly record: RecordId;
  readonly time: Micros;
}

/** One receipt in one copy of a buffer. */
export interface ReceiptCopy {
  readonly id: string;
  readonly pos: string;
  readonly status: string;
  /** Fencing number, decimal text; `""` for none. */
  readonly claim: string;
  readonly record: RecordId;
  /** Since when it has this status and this claim. */
  readonly since: Micros;
}

/** A receipt that an OFD has. */
export interface AcceptedReceipt {
  readonly ofd: string;
  readonly key: string;
  readonly pos: string;
  readonly receiptHlc: string;
  readonly record: RecordId;
  readonly time: Micros;
}

/** The trigger of everything this view rests on, beside the processes. */
export const RECEIPT_TRIGGERS: readonly string[] = [
  "point:receipt.*",
  "point:ofd.accept",
  "point:ofd.recover",
  "point:sync.dead",
];

/**
 * Receipts as buffers and OFDs record them. While a record is judged, the view shows the moment before it.
 *
 * A copy is what one life of a node says that it holds: a journal is read back, a replicated log is applied again.
 */
export class ReceiptView implements TraceListener {
  readonly triggers = [...RECEIPT_TRIGGERS, "state:process"];
  readonly #created = new Map<string, CreatedReceipt>();
  readonly #copies = new Map<string, Map<string, ReceiptCopy>>();
  readonly #before = new Map<string, ReceiptCopy>();
  readonly #stored = new Set<string>();
  readonly #accepted = new Map<string, AcceptedReceipt>();
  readonly #kept = new Map<string, Set<string>>();
  readonly #dead = new Set<string>();
  #pending: PointRecord | undefined;

  /** Receipts that were acknowledged, in order. */
  created(): readonly CreatedReceipt[] {
    return [...this.#flushed().#created.values()];
  }
  creation(id: string): CreatedReceipt | undefined {
    return this.#created.get(id);
  }
  /** What a node's copy says in this life. */
  copy(node: string, id: string): ReceiptCopy | undefined {
    return this.#copies.get(node)?.get(id);
  }
  /** What the node said last in any earlier life. */
  before(node: string, id: string): ReceiptCopy | undefined {
    return this.#before.get(`${node} ${id}`);
  }
  /** Every copy of every node that is up. */
  *copies(): Generator<readonly [node: string, copy: ReceiptCopy]> {
    for (const [node, copies] of this.#flushed().#copies) for (const copy of copies.values()) yield [node, copy];
  }
  /** Whether any copy ever held it. */
  wasStored(id: string): boolean {
    return this.#stored.has(id);
  }
  /** The first time that an OFD had it. */
  acceptance(key: string): AcceptedReceipt | undefined {
    return this.#accepted.get(key);
  }
  /** What was accepted, in the order of acceptance. */
  accepted(): readonly AcceptedReceipt[] {
    return [...this.#flushed().#accepted.values()];
  }
  /** Whether an OFD has it in this life. */
  keeps(ofd: string, key: string): boolean {
    return this.#kept.get(ofd)?.has(key) ?? false;
  }
  /** Whether it was given up. */
  isDead(id: string): boolean {
    return this.#dead.has(id);
  }

  on(record: TraceRecord): void {
    this.#flushed();
    if (record.kind === "point") {
      if (record.origin === "program") this.#pending = record;
    } else if (record.kind === "state" && record.origin === "world" && record.value === "down")
      this.#forget(record.node);
  }

  /** The record before this one has been judged by everybody. */
  #flushed(): this {
    const record = this.#pending;
    this.#pending = undefined;
    if (record !== undefined) this.#apply(record);
    return this;
  }

  #apply(record: PointRecord): void {
    const { fields, node, id: recordId, time } = record;
    const id = textOf(fields["id"]);
    switch (record.name) {
      case "receipt.create":
        if (!this.#created.has(id)) {
          const hlc = textOf(fields["hlc"]);
          this.#created.set(id, { id, pos: textOf(fields["pos"]), hlc, node, record: recordId, time });
        }
        return;
      case "receipt.status":
      case "receipt.recover":
        this.#hold(record, id);
        return;
      case "ofd.accept":
      case "ofd.recover":
        this.#accept(record);
        return;
      case "sync.dead":
        this.#dead.add(id);
    }
  }

  #hold(record: PointRecord, id: string): void {
    const { fields, node, id: recordId, time } = record;
    let copies = this.#copies.get(node);
    if (copies === undefined) this.#copies.set(node, (copies = new Map<string, ReceiptCopy>()));
    const status = textOf(fields[record.name === "receipt.status" ? "to" : "status"]);
    const claim = textOf(fields["claim"]);
    this.#stored.add(id);
    copies.set(id, { id, pos: textOf(fields["pos"]), status, claim, record: recordId, since: time });
  }

  #accept({ fields, node, id: record, time }: PointRecord): void {
    const key = textOf(fields["key"]);
    let kept = this.#kept.get(node);
    if (kept === undefined) this.#kept.set(node, (kept = new Set<string>()));
    kept.add(key);
    if (this.#accepted.has(key)) return;
    const receiptHlc = textOf(fields["receiptHlc"]);
    this.#accepted.set(key, { ofd: node, key, pos: textOf(fields["pos"]), receiptHlc, record, time });
  }

  #forget(node: string): void {
    for (const copy of this.#copies.get(node)?.values() ?? []) this.#before.set(`${node} ${copy.id}`, copy);
    this.#copies.delete(node);
    this.#kept.delete(node);
  }
}
