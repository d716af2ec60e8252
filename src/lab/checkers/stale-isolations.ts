import type { Micros, RecordId, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { CheckerContext, CheckerFold } from "./checker.ts";
import { intOf } from "./views/fields.ts";

/** The largest epoch by whose word a device has cut a host off. */
interface Last {
  readonly epoch: number;
  readonly host: string;
  readonly record: RecordId;
  readonly time: Micros;
}

/** What the rule of `no-stale-epoch` reads of isolation devices. */
export const STALE_ISOLATION_TRIGGERS: readonly string[] = ["state:isolates>*"];

/**
 * Epochs at the isolation devices: whoever was told by a newer leader cuts nobody off for an older one, whichever host it is.
 * A host that asks to be let back speaks for itself alone.
 */
export class StaleIsolations implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #last = new Map<string, Last>();

  constructor(context: CheckerContext) {
    this.#context = context;
  }

  on(record: TraceRecord): void {
    if (record.kind !== "state") return;
    // A device keeps what it was told in memory.
    if (record.origin === "world" && record.value === "down") this.#last.delete(record.node);
    if (!record.key.startsWith("isolates>") || record.value !== "yes") return;
    const { node, time, id } = record;
    const epoch = intOf(record.fields["epoch"]);
    const host = record.key.slice("isolates>".length);
    const last = this.#last.get(node);
    this.#context.judged();
    if (last !== undefined && epoch < last.epoch)
      this.#context.violated({
        record: id,
        time,
        nodes: [node, host],
        message: `${node} cut ${host} off for a leader of epoch ${String(epoch)} at ${formatSeconds(time)}, but it had cut ${last.host} off for one of epoch ${String(last.epoch)} at ${formatSeconds(last.time)}`,
        expected: `a refusal below epoch ${String(last.epoch)}`,
        observed: `epoch ${String(epoch)}`,
        related: [last.record],
        facts: { epoch, floor: last.epoch },
      });
    if (last === undefined || epoch > last.epoch) this.#last.set(node, { epoch, host, record: id, time });
  }
}
