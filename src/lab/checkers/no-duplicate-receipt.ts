import type { DeliveredRecord, PointRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";
import type { AcceptedReceipt, CreatedReceipt } from "./views/receipt-view.ts";

/**
 * Rests on the OFD's own record of what it accepted, over all its lives. What was accepted is compared with what the cashier asked for
 * and the till stored, whichever of the two records comes first: another adapter may send a receipt before its till knows it is stored.
 */
export const noDuplicateReceipt = defineChecker("no-duplicate-receipt", {
  invariant: "I34",
  unexercised: "no receipt was accepted",
  title: "No receipt is accepted twice",
  rule: "An OFD accepts each receipt once, at a place of its own, and what it accepts is what was created.",
  triggers: ["point:ofd.accept", "point:receipt.create", "delivered:pos.create", "delivered:ofd.register"],
  create: (context) => new NoDuplicateReceipt(context),
});

class NoDuplicateReceipt implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #receipts;
  /** Payloads as cashiers said them, by receipt. */
  readonly #asked = new Map<string, string>();
  /** Payload of the last registration of a key that arrived at an OFD, by OFD and key. */
  readonly #registered = new Map<string, string>();
  /** Who is at which place of an OFD. */
  readonly #places = new Map<string, string>();

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#receipts = context.views.receipts;
  }

  on(record: TraceRecord): void {
    if (record.kind === "delivered") this.#onMessage(record);
    else if (record.kind !== "point") return;
    else if (record.name === "ofd.accept") this.#onAccept(record);
    else this.#onCreate(record);
  }

  #onMessage({ node, message }: DeliveredRecord): void {
    const payload = textOf(message["payload"]);
    if (message.type === "ofd.register") this.#registered.set(`${node} ${textOf(message["key"])}`, payload);
    else if (!this.#asked.has(textOf(message["receipt"]))) this.#asked.set(textOf(message["receipt"]), payload);
  }

  #onAccept(record: PointRecord): void {
    const { fields, node } = record;
    const key = textOf(fields["key"]);
    this.#context.judged();
    const first = this.#receipts.acceptance(key);
    if (first !== undefined) {
      const message = `${node} accepted receipt "${key}" at ${formatSeconds(record.time)}, which was accepted at ${formatSeconds(first.time)} already`;
      this.#violated(record, { message, expected: "the first answer again", observed: "a second acceptance", first });
      return;
    }
    const place = `${node} ${String(intOf(fields["number"]))}`;
    const other = this.#places.get(place);
    this.#places.set(place, key);
    if (other !== undefined) {
      const message = `${node} put receipt "${key}" where it had accepted "${other}", at ${formatSeconds(record.time)}`;
      this.#violated(record, {
        message,
        expected: "a place of its own",
        observed: place,
        first: this.#receipts.acceptance(other),
      });
      return;
    }
    const created = this.#receipts.creation(key);
    const accepted = { pos: textOf(fields["pos"]), receiptHlc: textOf(fields["receiptHlc"]) };
    if (created !== undefined) this.#compare(record, created, accepted);
    const asked = this.#asked.get(key);
    const registered = this.#registered.get(`${node} ${key}`);
    if (asked === undefined || registered === undefined || asked === registered) return;
    const message = `${node} accepted receipt "${key}" at ${formatSeconds(record.time)} with another content than its cashier gave it`;
    this.#violated(record, { message, expected: asked, observed: registered, first: created });
  }

  #onCreate(record: PointRecord): void {
    const { fields, node: till, id, time } = record;
    const key = textOf(fields["id"]);
    const accepted = this.#receipts.acceptance(key);
    if (accepted === undefined) return;
    const created = { id: key, pos: textOf(fields["pos"]), hlc: textOf(fields["hlc"]), node: till, record: id, time };
    this.#compare(record, created, accepted, accepted);
  }

  #compare(
    record: PointRecord,
    created: CreatedReceipt,
    accepted: Pick<AcceptedReceipt, "pos" | "receiptHlc">,
    first: AcceptedReceipt | CreatedReceipt = created,
  ): void {
    if (accepted.pos === created.pos && accepted.receiptHlc === created.hlc) return;
    this.#violated(record, {
      message: `Receipt "${created.id}" was accepted as another one than ${created.node} created: till ${accepted.pos}, stamp ${accepted.receiptHlc}`,
      expected: `${created.pos} ${created.hlc}`,
      observed: `${accepted.pos} ${accepted.receiptHlc}`,
      first,
    });
  }

  #violated(
    record: PointRecord,
    found: {
      message: string;
      expected: string;
      observed: string;
      first: { readonly record: number } | undefined;
    },
  ): void {
    const { first, ...texts } = found;
    const related = first === undefined ? [] : [first.record];
    this.#context.violated({ record: record.id, time: record.time, nodes: [record.node], ...texts, related });
  }
}
