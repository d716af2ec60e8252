import type { Micros, PointRecord, RecordId, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { RHO_PPM } from "./cluster.ts";
import { ClockRates } from "./views/clock-rates.ts";
import { intOf, textOf } from "./views/fields.ts";

/** A primary reads its clock in whole ms, rounded down, when it grants a lock and when it looks whether one has ended. */
const ROUNDING: Micros = 1_000;

/** A lock by its primary's record. */
interface HaltGrant {
  readonly id: string;
  readonly holder: string;
  readonly record: RecordId;
  readonly time: Micros;
  /** When it ends in true time, at the rate of the primary's clock. */
  end: Micros;
}

/** A primary's word that a lock is over. */
interface HaltEnd {
  readonly id: string;
  readonly reason: string;
  readonly record: RecordId;
  readonly time: Micros;
}

/** The newest epoch in which somebody let a write in. */
interface Newest {
  readonly epoch: number;
  readonly node: string;
  readonly record: RecordId;
  readonly time: Micros;
}

/**
 * Rests on what the primary's database recorded: what it granted, what it took, and whose each commit is. When a lock ends is counted
 * in true time, by the true rate of the clock that it was granted by; the primary's own word that one has ended before that is taken.
 *
 * With leases, a post is also held against the newest epoch in which another node has let a write in: whoever leadership was handed to
 * may commit then, and nobody whom an older primary gave a lock.
 */
export const haltExclusive = defineChecker("halt-exclusive", {
  invariant: "I38",
  unexercised: "no halt lock was granted",
  title: "A halt lock is exclusive",
  rule: "While a halt lock lasts its holder's transactions are committed and nobody else's; once it has ended, by its time or with the leadership that granted it, none of its holder's are.",
  triggers: [
    "point:halt.grant",
    "point:halt.end",
    "point:halt.post",
    "point:repl.commit",
    "point:store.accept",
    "state:process",
    "state:clock",
  ],
  create: (context) => new HaltExclusive(context),
});

class HaltExclusive implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #rates = new ClockRates();
  /** The last lock that each node granted and has not said to be over. */
  readonly #standing = new Map<string, HaltGrant>();
  /** The last lock that each node said to be over, in this life of it. */
  readonly #ended = new Map<string, HaltEnd>();
  /** Posts that a primary has let in and not committed yet: lock and position. */
  readonly #posted = new Set<string>();
  #newest: Newest | undefined;
  /** Leases keep epochs apart in true time. */
  #areEpochsApart: boolean;

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#areEpochsApart = context.cluster.usesLeases;
  }

  on(record: TraceRecord): void {
    if (this.#context.cluster.number(record.node) < 0) return;
    if (record.kind === "state") {
      if (record.origin !== "world") return;
      if (record.key === "clock") this.#onClock(record);
      else if (record.value === "down") {
        this.#standing.delete(record.node);
        this.#ended.delete(record.node);
      }
    } else if (record.kind === "point") this.#onPoint(record);
  }

  #onPoint(record: PointRecord): void {
    switch (record.name) {
      case "halt.grant":
        this.#onGrant(record);
        return;
      case "halt.end":
        this.#onEnd(record);
        return;
      case "halt.post":
        this.#onPost(record);
        return;
      case "repl.commit":
        this.#onCommit(record);
        return;
      default:
        this.#noteEpoch(record);
    }
  }

  #onGrant(record: PointRecord): void {
    const { fields, node, time } = record;
    const other = this.#standing.get(node);
    const [id, holder] = [textOf(fields["id"]), textOf(fields["by"])];
    this.#context.judged();
    if (other !== undefined && time < other.end - ROUNDING)
      this.#violated(record, other, {
        what: `gave ${holder} a halt lock`,
        expected: `none before that of ${other.holder} has ended`,
        observed: `two locks, of ${other.holder} and ${holder}`,
      });
    const end = time + this.#rates.trueTime(node, intOf(fields["ttlMs"]) * 1_000);
    this.#standing.set(node, { id, holder, record: record.id, time, end });
  }

  #onEnd({ fields, node, id: record, time }: PointRecord): void {
    const id = textOf(fields["id"]);
    if (this.#standing.get(node)?.id === id) this.#standing.delete(node);
    this.#ended.set(node, { id, reason: textOf(fields["reason"]), record, time });
  }

  #onPost(record: PointRecord): void {
    const { fields, node, time } = record;
    const [id, by] = [textOf(fields["id"]), textOf(fields["by"])];
    const lock = this.#standing.get(node);
    const ended = this.#ended.get(node);
    this.#context.judged();
    this.#posted.add(nameOf(record, id));
    const what = `took a transaction of ${by}`;
    if (lock === undefined || lock.id !== id || lock.holder !== by)
      this.#violated(record, lock, {
        what: `${what} by halt lock ${id}`,
        expected: lock === undefined ? "no posted transaction: no lock stands" : `transactions of ${lock.holder} only`,
        observed: `one of ${by}`,
        ...(ended?.id === id ? { ended, related: ended.record } : {}),
      });
    else if (time >= lock.end + ROUNDING)
      this.#violated(record, lock, {
        what,
        expected: `no transaction of ${by} from ${formatSeconds(lock.end)} on, when its lock ended`,
        observed: `one at ${formatSeconds(time)}`,
      });
    const newest = this.#newest;
    const epoch = intOf(fields["epoch"]);
    if (this.#areEpochsApart && newest !== undefined && newest.node !== node && epoch < newest.epoch)
      this.#violated(record, lock, {
        what: `${what} in epoch ${String(epoch)}`,
        expected: `none of an epoch below ${String(newest.epoch)}, in which ${newest.node} takes writes since ${formatSeconds(newest.time)}`,
        observed: `epoch ${String(epoch)}`,
        related: newest.record,
      });
    this.#noteEpoch(record);
  }

  #onCommit(record: PointRecord): void {
    const { fields, node, time } = record;
    const id = textOf(fields["halt"]);
    const lock = this.#standing.get(node);
    if (id !== "") {
      this.#context.judged();
      if (!this.#posted.delete(nameOf(record, id)))
        this.#violated(record, lock, {
          what: `committed transaction ${textOf(fields["txid"])} by halt lock ${id}`,
          expected: "a post that was let in before",
          observed: "no such post",
        });
    } else if (lock !== undefined) {
      this.#context.judged();
      if (time < lock.end - ROUNDING)
        this.#violated(record, lock, {
          what: `committed transaction ${textOf(fields["txid"])} of its own`,
          expected: `none of its own while ${lock.holder} has the lock`,
          observed: `one at ${formatSeconds(time)}`,
        });
    }
  }

  #noteEpoch(record: PointRecord): void {
    const epoch = intOf(record.fields["epoch"]);
    if (this.#newest === undefined || epoch > this.#newest.epoch)
      this.#newest = { epoch, node: record.node, record: record.id, time: record.time };
  }

  #onClock(record: TraceRecord & { readonly kind: "state" }): void {
    const { node, time } = record;
    const lock = this.#standing.get(node);
    const left = lock === undefined ? 0 : this.#rates.ownTime(node, Math.max(0, lock.end - time));
    this.#rates.change(record);
    if (lock !== undefined && lock.end > time) lock.end = time + this.#rates.trueTime(node, left);
    if (Math.abs(this.#rates.ppm(node)) > RHO_PPM) this.#areEpochsApart = false;
  }

  #violated(
    record: PointRecord,
    lock: HaltGrant | undefined,
    found: { what: string; expected: string; observed: string; related?: RecordId; ended?: HaltEnd },
  ): void {
    const { what, expected, observed, ended } = found;
    const { node, time } = record;
    const over = ended === undefined ? "" : `, which was over at ${formatSeconds(ended.time)} (${ended.reason})`;
    const since =
      lock === undefined
        ? ""
        : `; the last halt lock it granted is ${lock.id}, to ${lock.holder}, from ${formatSeconds(lock.time)} to ${formatSeconds(lock.end)}`;
    const related = [
      ...(lock === undefined ? [] : [lock.record]),
      ...(found.related === undefined ? [] : [found.related]),
    ];
    this.#context.violated({
      record: record.id,
      time,
      nodes: lock === undefined || lock.holder === node ? [node] : [node, lock.holder],
      message: `${node} ${what} at ${formatSeconds(time)}${over}${since}`,
      ...{ expected, observed, related },
    });
  }
}

/** A posted transaction, by lock, number and checksum. */
function nameOf({ node, fields }: PointRecord, id: string): string {
  return `${node} ${id} ${textOf(fields["txid"])}/${textOf(fields["checksum"])}`;
}
