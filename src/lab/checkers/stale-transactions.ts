import type { Fields } from "../../trace/plain.ts";
import type { Micros, PointRecord, RecordId, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { CheckerContext, CheckerFold } from "./checker.ts";
import { intOf, textOf } from "./views/fields.ts";

/** The largest epoch that a database knows, and the record that says so. */
interface Known {
  readonly epoch: number;
  readonly record: RecordId;
  readonly time: Micros;
}

const NOTHING: Known = { epoch: -1, record: -1, time: 0 };

/** What the rule of `no-stale-epoch` reads of databases whose history is a chain of transactions. */
export const STALE_TRANSACTION_TRIGGERS: readonly string[] = [
  "point:repl.commit",
  "point:repl.apply",
  "point:repl.snapshot",
  "point:repl.rollback",
  "point:repl.epoch",
  "point:halt.grant",
  "point:halt.post",
  "point:disk.lost",
];

/**
 * Epochs at the databases of the members. Each of their records is written when what it tells is durable, in the order in which it
 * became so; so a later life knows it too, unless its disk was wiped.
 *
 * What counts is the epoch of the primary by whose word something takes effect: its own of a commit, of a halt lock and of what is
 * posted under one, the sender's of a transaction, a snapshot, or a way back.
 */
export class StaleTransactions implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #known: Known[];

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#known = context.cluster.ids.map(() => NOTHING);
  }

  on(record: TraceRecord): void {
    const member = this.#context.cluster.number(record.node);
    if (member < 0 || record.kind !== "point") return;
    if (record.name === "disk.lost") {
      if (textOf(record.fields["what"]) === "wipe") this.#known[member] = NOTHING;
      return;
    }
    if (!record.name.startsWith("repl.") && !record.name.startsWith("halt.")) return;
    const known = this.#known[member] as Known;
    const epoch = epochOf(record.name, record.fields);
    if (record.name !== "repl.epoch") this.#judge(record, epoch, known);
    if (epoch > known.epoch) this.#known[member] = { epoch, record: record.id, time: record.time };
  }

  #judge(record: PointRecord, epoch: number, known: Known): void {
    this.#context.judged();
    if (epoch >= known.epoch) return;
    const { node, time, id } = record;
    this.#context.violated({
      record: id,
      time,
      nodes: [node],
      message: `the database of ${node} ${describe(record)} under epoch ${String(epoch)} at ${formatSeconds(time)}, but it knows epoch ${String(known.epoch)} since ${formatSeconds(known.time)}`,
      expected: `an epoch of at least ${String(known.epoch)}`,
      observed: `epoch ${String(epoch)}`,
      related: [known.record],
      facts: { epoch, floor: known.epoch },
    });
  }
}

function epochOf(name: string, fields: Fields): number {
  return intOf(fields[name === "repl.apply" ? "stream" : "epoch"]);
}

function describe({ name, fields }: PointRecord): string {
  const txid = textOf(fields["txid"]);
  switch (name) {
    case "repl.commit":
      return `made transaction ${txid}`;
    case "repl.apply":
      return `applied transaction ${txid}`;
    case "repl.rollback":
      return `went back to transaction ${txid}`;
    case "halt.grant":
      return `granted ${textOf(fields["by"])} a halt lock at transaction ${txid}`;
    case "halt.post":
      return `let in transaction ${txid} of ${textOf(fields["by"])}, which holds its halt lock,`;
    default:
      return `took a snapshot that ends with transaction ${txid}`;
  }
}
